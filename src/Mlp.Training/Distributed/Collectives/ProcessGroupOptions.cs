using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>Settings of a group of ranks.</summary>
public sealed partial class ProcessGroupOptions
{
    /// <summary>What sentences and timelines call the group; not empty.</summary>
    /// <value>The default value is "world".</value>
    [Required]
    public string Name { get; set; } = "world";

    /// <summary>How long a call waits for the other ranks, 1 ms to 7 days, where the call itself says nothing.</summary>
    /// <value>The default value is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "7.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether sums are made in the order of ranks, so that each backend gives the same bits. float16 and bfloat16 are then added up in float32 and rounded once. The in-process backend does so in any case, at no cost.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool Deterministic { get; set; }

    /// <summary>The clock of time limits.</summary>
    /// <value>The default value is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>A copy that nobody changes.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    internal ProcessGroupOptions Validated()
    {
        OptionRanges.ThrowIfViolated(this);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        return (ProcessGroupOptions)MemberwiseClone();
    }

    /// <summary>The settings of a group of some ranks of this one.</summary>
    /// <param name="name">Its name.</param>
    internal ProcessGroupOptions ForGroup(string name)
    {
        var copy = (ProcessGroupOptions)MemberwiseClone();
        copy.Name = name;
        return copy;
    }
}
