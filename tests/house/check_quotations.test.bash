# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

plant tests/data/bodies.jsonl '{"id": "field-0001", "body": "Somebody used up what was meant for all of them, \"they\" say, until tomorrow."}'
plant include/ductile/classify/shape.hpp '// none'
plant include/ductile/gemini/words.hpp '{"what was meant for all of them", "a-row", "a short phrase"},' '// Somebody used up what was meant for all of them'
holds check_quotations "$tree"

plant include/ductile/gemini/words.hpp 'if (text == "used up what was meant for all of them, \"they\" say") return;'
refuses check_quotations "$tree" 'words.hpp:1: "used up what was meant for all of them, '

plant include/ductile/gemini/words.hpp '  "used up what was meant "' '  "for all of them, \"they\" say"'
refuses check_quotations "$tree" 'words.hpp:2: "used up what was meant for all of them, '

plant include/ductile/gemini/words.hpp 'if (id == "field-0001") return;'
refuses check_quotations "$tree" "name a test body"

plant include/ductile/gemini/words.hpp '#include <ductile/mock/rows.hpp>'
refuses check_quotations "$tree" "or the mock"
