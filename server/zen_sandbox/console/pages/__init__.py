"""The pages: each module has the `blueprint` of one, and `resource` what three have in common."""
