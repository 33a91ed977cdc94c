using Mlp.Training.Distributed.Launch;

namespace Mlp.TestSupport;

/// <summary>Ports for servers that tests start.</summary>
public static class LoopbackPorts
{
    /// <summary>A port that nobody uses, and that no other test gets before its server listens.</summary>
    public static int Take() => FreePorts.Take();
}
