namespace Mlp.Runtime.Models;

/// <summary>Where the weights of a model in service lie.</summary>
public enum WeightStorage
{
    /// <summary>In the memory of the process, in the layout that is fastest to compute with.</summary>
    Resident,

    /// <summary>
    /// In their file, mapped into memory: loading is quick, versions and processes that serve the same file share one copy in the page cache, and the system may drop what is not used.
    /// Large batches of dense layers run about half as fast.
    /// </summary>
    Mapped,

    /// <summary>
    /// Mapped at first, and resident while it is worth it: while runs take more than a hundredth of one processor's time. What has not been called for
    /// <see cref="Inference.ModelOptions.MapWeightsAfter"/> is mapped again. Each change loads the version beside the one in service and swaps.
    /// </summary>
    Automatic,
}
