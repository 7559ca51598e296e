"""What every made server has and no contract changes; `project.py` copies these modules into it.

They are modules and not templates, so that they are linted, type-checked and tested as they are.
"""
