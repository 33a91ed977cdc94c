using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training.Distributed.DataParallel;

// What is written down of a training.
public sealed partial class DataParallelOptions
{
    /// <summary>Whether what ranks do and wait for is written to a file. For one replica alone too.</summary>
    public TimelineOptions Timeline { get; private set; } = new();
}
