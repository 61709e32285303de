#pragma once
// What a resource is made of, by RFC 7643: attributes, their types and who may change them. One table says it to /Schemas, to
// what reads a client's JSON, to PATCH, to filters and to the choice of attributes.

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/filter.h"
#include "directory/schema.h"

namespace kidoban::scim {

constexpr std::string_view user_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr std::string_view group_urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
constexpr std::string_view enterprise_urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
constexpr std::string_view our_user_urn = "urn:ietf:params:scim:schemas:extension:kidoban:2.0:User";
constexpr std::string_view our_group_urn = "urn:ietf:params:scim:schemas:extension:kidoban:2.0:Group";

enum class Type : std::uint8_t { string, boolean, integer, date_time, reference, complex };
enum class Mutability : std::uint8_t { read_write, read_only, immutable, write_only };
std::string_view word_of(Type type);
std::string_view word_of(Mutability mutability);

struct Shape {
  std::string name;
  Type type = Type::string;
  std::string description;
  bool multi = false;
  bool required = false;
  bool case_exact = false;
  bool unique = false;   // uniqueness "server"
  bool always = false;   // returned "always"
  bool kept = true;      // RFC 7643 has it, we keep nothing of it: read and forgotten, in no schema
  Mutability mutability = Mutability::read_write;
  std::vector<std::string> references;
  std::vector<Shape> subs;

  // Case-insensitive; nullptr for none.
  const Shape* sub(std::string_view named) const;
};

// An extension is an object of its own below its URN.
struct SchemaShape {
  std::string_view urn, name, description;
  std::vector<Shape> attributes;
};

struct ResourceShape {
  std::string_view name, endpoint, description;
  std::vector<SchemaShape> schemas;  // the core first

  const SchemaShape* schema(std::string_view urn) const;  // case-insensitive
};

// With what the tenant declared beside it, as custom.<name>.
ResourceShape user_shape(const directory::Schema& settled);
const ResourceShape& group_shape();

// Where a path leads. `attribute` is nullptr where the path is an extension itself.
struct Place {
  const SchemaShape* schema = nullptr;
  bool extension = false;
  const Shape* attribute = nullptr;
  const Shape* sub = nullptr;
  const Shape& leaf() const { return sub != nullptr ? *sub : *attribute; }
};
// malformed/"attribute_unknown".
Result<Place> resolve(const ResourceShape& shape, const directory::AttributePath& path);

// A client's value as the attribute has it: names as they are spelled in the schema, `"False"` a boolean, 7 a text where a
// text belongs, one item a list of one; null for nothing. malformed/"value_malformed", the note names the attribute.
Result<boost::json::value> coerced(const Shape& shape, const boost::json::value& value);
// One of several.
Result<boost::json::value> coerced_item(const Shape& shape, const boost::json::value& value);
// A whole resource. What nobody knows, and what is read-only, is left out (RFC 7644 §3.3). malformed/"member_repeated".
Result<boost::json::object> coerced_resource(const ResourceShape& shape, const boost::json::object& resource);

bool is_nothing(const boost::json::value& value);  // null, "", [] or {}

}  // namespace kidoban::scim
