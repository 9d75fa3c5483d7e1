/** Programs that run on the machines of the lab, where there is a device-mapper; {@code tests/lab} starts them. */
package io.headroom.lab;
