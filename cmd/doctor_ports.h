/// doctor_ports.h: whether each address of the configuration is served by us, or can be.
#pragma once

#include <vector>

#include "doctor.h"

namespace maildrop::cmd {

/// A Check (doctor.h).
void check_ports(const Patient& patient, std::vector<Finding>& findings);

}  // namespace maildrop::cmd
