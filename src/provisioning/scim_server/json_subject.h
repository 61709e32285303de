#pragma once
// A resource (as this server writes it) as something a filter can be asked of.

#include <boost/json/object.hpp>

#include "directory/filter.h"
#include "provisioning/scim_server/shape.h"

namespace kidoban::scim {

// Borrows both. An attribute that the shape doesn't have is one without a value.
class JsonSubject final : public directory::Subject {
 public:
  JsonSubject(const ResourceShape& shape, const boost::json::object& resource) : shape_(shape), resource_(resource) {}
  directory::Found compare(const directory::AttributePath& path, const directory::Comparison& comparison) const override;
  bool any_item(const directory::AttributePath& path, const directory::ItemTest& test) const override;

 private:
  const ResourceShape& shape_;
  const boost::json::object& resource_;
};

// One of an attribute's items: an object, or a plain value that answers to `value`.
class ItemSubject final : public directory::Subject {
 public:
  ItemSubject(const Shape& shape, const boost::json::value& item) : shape_(shape), item_(item) {}
  directory::Found compare(const directory::AttributePath& path, const directory::Comparison& comparison) const override;
  bool any_item(const directory::AttributePath&, const directory::ItemTest&) const override { return false; }

 private:
  const Shape& shape_;
  const boost::json::value& item_;
};

// The value at a place, or nullptr; below items it is the attribute's whole list.
const boost::json::value* value_at(const boost::json::object& resource, const Place& place);

// Every name there is, compared as its type can be: malformed/"filter_unsupported", the note says what can't.
Status check(const ResourceShape& shape, const directory::Filter& filter);

}  // namespace kidoban::scim
