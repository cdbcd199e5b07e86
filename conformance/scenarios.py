"""What the suite asks of servers, and what of it a server can be asked that has none of the suite's own tools.

The suite was written for servers of its authors' making: most of its scenarios call a tool, read a resource or get a prompt of
a fixed name, which a server in use does not have. Those are listed here with what they want, so that none is left out silently: a
scenario that is in neither list fails the run.
"""

from __future__ import annotations

APPLY = (
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "resources-subscribe",
    "resources-unsubscribe",
    "prompts-list",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
)

WANTING = {
    "logging-set-level": "the capability `logging`, which the room does not offer",
    "completion-complete": "the capability `completions`, and the prompt `test_prompt_with_arguments`",
    "tools-call-simple-text": "the tool `test_simple_text`",
    "tools-call-image": "the tool `test_image_content`",
    "tools-call-audio": "the tool `test_audio_content`",
    "tools-call-embedded-resource": "the tool `test_embedded_resource`",
    "tools-call-mixed-content": "the tool `test_multiple_content_types`",
    "tools-call-with-logging": "the tool `test_tool_with_logging`",
    "tools-call-error": "the tool `test_error_handling`",
    "tools-call-with-progress": "the tool `test_tool_with_progress`",
    "tools-call-sampling": "the tool `test_sampling`",
    "tools-call-elicitation": "the tool `test_elicitation`",
    "json-schema-2020-12": "the tool `json_schema_2020_12_tool`",
    "elicitation-sep1034-defaults": "the tool `test_elicitation_sep1034_defaults`",
    "elicitation-sep1330-enums": "the tool `test_elicitation_sep1330_enums`",
    "server-sse-polling": "the tool `test_reconnection`, and streams that can be resumed, which the room does not offer",
    "resources-read-text": "the resource `test://static-text`",
    "resources-read-binary": "the resource `test://static-binary`",
    "resources-templates-read": "the resource template `test://template/{id}/data`",
    "prompts-get-simple": "the prompt `test_simple_prompt`",
    "prompts-get-with-args": "the prompt `test_prompt_with_arguments`",
    "prompts-get-embedded-resource": "the prompt `test_prompt_with_embedded_resource`",
    "prompts-get-with-image": "the prompt `test_prompt_with_image`",
}
