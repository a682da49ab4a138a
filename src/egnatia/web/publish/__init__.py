"""What people publish: forms made from the faces of the record types, drafts, and who will see it before it is sent."""
