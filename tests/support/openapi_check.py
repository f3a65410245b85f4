"""Holds an HTTP answer against an OpenAPI 3.0 document, with the standard library alone.

Knows $ref, allOf, type, nullable, enum, required, properties, additionalProperties, items,
minLength, maxLength and the formats uuid, date-time, int32, int64. A keyword it does not know is an
error of its own, so that nothing is passed over in silence. awork writes local times as date-time
without an offset; `local` names those properties.
"""

import json
import re

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
                       r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}
KNOWN = {"$ref", "allOf", "type", "nullable", "enum", "required", "properties", "items", "format",
         "additionalProperties", "minLength", "maxLength", "description", "example", "default",
         "readOnly", "deprecated", "title"}


class Document:
    def __init__(self, path, local=()):
        with open(path, encoding="utf-8") as file:
            self.root = json.load(file)
        self.local = set(local)

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part.replace("~1", "/").replace("~0", "~")]
            schema = node
        return schema

    def check(self, schema, value, at="$", open_ended=False):
        """The list of violations, each 'where: what'."""
        schema = self.resolve(schema)
        faults = [f"{at}: schema keyword {key} is not known to this check"
                  for key in schema if key not in KNOWN and not key.startswith("x-")]
        if value is None:
            return faults if schema.get("nullable") else faults + [f"{at}: null"]
        for part in schema.get("allOf", ()):
            faults += self.check(part, value, at, open_ended=True)
        kind = schema.get("type")
        if kind and not TYPES[kind](value):
            return faults + [f"{at}: {value!r} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{at}: {value!r} is not in {schema['enum']}")
        if isinstance(value, dict):
            faults += self.check_object(schema, value, at, open_ended)
        elif isinstance(value, list) and "items" in schema:
            for n, item in enumerate(value):
                faults += self.check(schema["items"], item, f"{at}[{n}]")
        elif isinstance(value, str):
            faults += self.check_text(schema, value, at)
        elif schema.get("format") in ("int32", "int64"):
            bits = int(schema["format"][3:]) - 1
            if not -(1 << bits) <= value < 1 << bits:
                faults.append(f"{at}: {value} does not fit {schema['format']}")
        return faults

    def properties(self, schema):
        """Its own and those of every allOf part."""
        schema = self.resolve(schema)
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found.update(self.properties(part))
        return found

    def check_object(self, schema, value, at, open_ended):
        faults = [f"{at}: {name} is missing" for name in schema.get("required", ())
                  if name not in value]
        known = self.properties(schema)
        extra = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in schema.get("properties", {}):
                faults += self.check(schema["properties"][name], item, f"{at}.{name}")
            elif name in known or open_ended:
                continue
            elif extra is False:
                faults.append(f"{at}: {name} is not a property")
            elif isinstance(extra, dict):
                faults += self.check(extra, item, f"{at}.{name}")
        return faults

    def check_text(self, schema, value, at):
        faults = []
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            faults.append(f"{at}: length {len(value)}")
        if schema.get("format") == "uuid" and not UUID.fullmatch(value):
            faults.append(f"{at}: {value!r} is no uuid")
        if schema.get("format") == "date-time":
            text = value + "Z" if at.rsplit(".", 1)[-1] in self.local else value
            if not DATE_TIME.fullmatch(text):
                faults.append(f"{at}: {value!r} is no date-time")
        return faults

    def check_answer(self, method, path, status, text):
        """Against responses of a path template; a status that the document has not is a fault,
        except for errors: those share ErrorResponse."""
        responses = self.root["paths"][path][method.lower()]["responses"]
        response = responses.get(str(status))
        if response is None and status < 400:
            return [f"{method} {path}: status {status} is not in the document"]
        content = (response or {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None and status >= 400:
            schema = {"$ref": "#/components/schemas/ErrorResponse"}
        if schema is None:
            return [f"{method} {path}: {status} has a body"] if text else []
        try:
            value = json.loads(text)
        except ValueError as error:
            return [f"{method} {path}: {error}"]
        return self.check(schema, value)
