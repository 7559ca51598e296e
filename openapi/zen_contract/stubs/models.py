"""The models of bodies and answers, made by datamodel-code-generator."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

from datamodel_code_generator import generate
from datamodel_code_generator.enums import DataModelType, InputFileType, NamingStrategy
from datamodel_code_generator.format import Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType

HEADER = '"""The bodies and answers of the contract; a field that is not there `is MISSING`."""'


def models_module(schemas: Mapping[str, Any]) -> str:
    """The text of a module with a model for each schema."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": "models", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    with warnings.catch_warnings():
        # It says that a moment is not matched by a pattern as well; `request.py` has done that.
        warnings.simplefilter("ignore", UserWarning)
        made = generate(
            json.dumps(document),
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            custom_file_header=HEADER,
            disable_timestamp=True,
            use_missing_sentinel=True,
            strict_nullable=True,
            use_annotated=True,
            collapse_root_models=True,
            enum_field_as_literal=LiteralType.All,
            naming_strategy=NamingStrategy.ParentPrefixed,
            # A URL is returned as it was given, which pydantic's own type would not do.
            type_mappings=["string+uri=string"],
            formatters=[Formatter.BUILTIN],
        )
    if not isinstance(made, str):
        raise TypeError(
            f"datamodel-code-generator made {type(made).__name__} instead of one module"
        )
    return made.rstrip("\n") + "\n"
