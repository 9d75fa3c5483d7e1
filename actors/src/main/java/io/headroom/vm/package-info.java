/** One VM: its monitor connection, its disks, and whether it may go on after a pause. */
package io.headroom.vm;
