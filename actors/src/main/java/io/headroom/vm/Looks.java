package io.headroom.vm;

/** One look at QEMU at a time: who wants to know what is true after a look had begun gets another one. */
final class Looks {
    private boolean connected;
    private boolean underWay;
    private boolean again;

    void connected(boolean now) {
        connected = now;
    }

    boolean areConnected() {
        return connected;
    }

    boolean isUnderWay() {
        return underWay;
    }

    /** @return whether a look begins now */
    boolean wanted() {
        boolean begins = connected && !underWay;
        again |= underWay;
        underWay |= begins;
        return begins;
    }

    /** @return whether what was seen is already too old for somebody */
    boolean ended() {
        boolean isTooOld = again;
        underWay = false;
        again = false;
        return isTooOld;
    }
}
