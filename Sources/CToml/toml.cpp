#include "CToml.h"

#include <string>
#include <string_view>
#include <vector>

// toml++ asserts what a document can violate ("[=]"), and with NDEBUG even lets the compiler assume
// it; each time code follows that refuses the document.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// Brackets within brackets; settings need none, and deep ones cost stack.
#define TOML_MAX_NESTED_VALUES 8
#include <toml++/toml.h>

namespace {

ctoml_text text(std::string_view view) { return {view.data(), view.size()}; }

std::string_view type_name(toml::node_type type) {
    switch (type) {
    case toml::node_type::array:
        return "a list";
    case toml::node_type::floating_point:
        return "a decimal fraction";
    default:
        return "a date or time";
    }
}

bool holds_strings(const toml::array &list) {
    for (const auto &item : list) {
        if (!item.is_string()) return false;
    }
    return true;
}

struct walk {
    ctoml_visit visit;
    void *context;
    std::vector<ctoml_text> path;

    void enter(const toml::table &table) {
        for (const auto &[key, node] : table) {
            path.push_back(text(key.str()));
            const auto line = key.source().begin.line;
            auto show = [&](ctoml_kind kind, std::string_view value) {
                ctoml_entry entry{path.data(), path.size(), line, kind, text(value), nullptr, 0};
                visit(context, &entry);
            };
            if (const auto *string = node.as_string()) {
                show(CTOML_STRING, string->get());
            } else if (const auto *integer = node.as_integer()) {
                show(CTOML_INTEGER, std::to_string(integer->get()));
            } else if (const auto *boolean = node.as_boolean()) {
                show(CTOML_BOOLEAN, boolean->get() ? "true" : "false");
            } else if (const auto *inner = node.as_table()) {
                show(CTOML_TABLE, "");
                if (path.size() < CTOML_DEPTH) enter(*inner);
            } else if (const auto *list = node.as_array(); list && holds_strings(*list)) {
                std::vector<ctoml_text> items;
                for (const auto &item : *list) items.push_back(text(item.as_string()->get()));
                ctoml_entry entry{path.data(), path.size(),  line,        CTOML_LIST,
                                  text(""),    items.data(), items.size()};
                visit(context, &entry);
            } else {
                show(CTOML_OTHER, type_name(node.type()));
            }
            path.pop_back();
        }
    }
};

} // namespace

void ctoml_parse(ctoml_text document, ctoml_visit visit, ctoml_refuse refuse, void *context) {
    const auto result = toml::parse(std::string_view(document.bytes, document.byte_count));
    if (!result) {
        refuse(context, result.error().source().begin.line, text(result.error().description()));
        return;
    }
    walk{visit, context, {}}.enter(result.table());
}
