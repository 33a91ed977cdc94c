using System.ComponentModel.DataAnnotations;

namespace Mlp.Runtime.Batching;

/// <summary>Settings of dynamic batching of one model, bound from <c>MlPlatform:Models:name:Batching</c> and validated at start.</summary>
public sealed class DynamicBatchingOptions
{
    /// <summary>Whether calls of one row that come at the same time share a run.</summary>
    /// <value>The default value is false.</value>
    public bool Enabled { get; set; }

    /// <summary>Greatest number of rows of a run, 2 to 1024.</summary>
    /// <value>The default value is 64.</value>
    [Range(2, 1024)]
    public int MaximumBatchSize { get; set; } = 64;

    /// <summary>
    /// The time after its arrival by which a call without a timeout should be answered, 100 microseconds to 10 seconds. It orders the queue and bounds batches; no call waits for it to pass.
    /// </summary>
    /// <value>The default value is 5 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:10", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public TimeSpan LatencyBudget { get; set; } = TimeSpan.FromMilliseconds(5);
}
