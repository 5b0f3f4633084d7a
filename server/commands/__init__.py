"""The commands of `xunlu`, one file for each group of them."""
