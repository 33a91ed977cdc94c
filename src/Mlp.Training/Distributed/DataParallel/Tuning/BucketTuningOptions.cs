using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel.Tuning;

/// <summary>Whether the first steps of a training measure which size of gradient buckets is the fastest. The size changes no bit of the weights.</summary>
public sealed class BucketTuningOptions
{
    /// <summary>Whether sizes are measured. The training begins with <see cref="DataParallelOptions.BucketBytes"/> and goes on with the fastest.</summary>
    /// <value>The default value is false.</value>
    public bool IsEnabled { get; set; }

    /// <summary>Steps that are measured of each size, 4 to 1,000; half as many again are taken after changes and are not measured.</summary>
    /// <value>The default value is 12.</value>
    [Range(4, 1000)]
    public int StepsPerSize { get; set; } = 12;

    /// <summary>The file that rank 0 writes all times to, as comma-separated values; an existing one is replaced. Its folder must exist.</summary>
    /// <value>The default value is null, which stands for none.</value>
    public string? ReportPath { get; set; }

    internal BucketTuningOptions Copy() => (BucketTuningOptions)MemberwiseClone();
}
