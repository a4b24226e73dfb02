"""What a project does with measurements, one room a subject: ``issues``, ``gate`` and the written loop around them."""
