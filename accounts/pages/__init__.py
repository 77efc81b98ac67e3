"""What the pages of one's account share: the menu, what there is to do, language and clock, and who is asking."""
