"""What a scan is made of, before anything is stored: groups, blocks, how they are cut and split."""
