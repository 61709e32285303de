#pragma once
// `kidoban serve`: wires the house to the edge and runs until told to stop.

#include "service/config.h"

namespace kidoban::service {

struct ServeOptions {
  bool demo = false;
  bool only_openapi = false;  // print what the API is, and don't serve it
};
// Returns when SIGTERM or SIGINT came and requests in flight were answered; SIGHUP reads the
// certificates again.
Status serve(const Config& config, const ServeOptions& options);

}  // namespace kidoban::service
