// SPDX-License-Identifier: Apache-2.0

package mi_rpc

var Successors = successors
