/** Who is in the cluster and who may be SPM: settings, lease, singleton, resolver. */
package io.headroom.cluster;
