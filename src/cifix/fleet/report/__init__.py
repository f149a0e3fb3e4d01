"""A fleet for people and machines; every form is made from the one JSON document."""
