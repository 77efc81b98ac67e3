"""What a sign-in leaves behind: a row that ends in time, and that asks for a new proof where it looks stolen."""
