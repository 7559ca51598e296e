"""How things look on a page: values, pictures, what differs, what is pasted."""
