namespace Mlp.Training.Distributed.DataParallel;

/// <summary>What gradients become while they travel between the ranks of a group. They are added up in float32 and computed with in float32.</summary>
public enum GradientCompression
{
    /// <summary>Nothing: float32, 4 bytes each.</summary>
    None,

    /// <summary>float16, 2 bytes each, with 11 bits of precision. All ranks scale by the same power of two, which follows the largest gradient of the step before.</summary>
    Float16,

    /// <summary>bfloat16, 2 bytes each, with the range of float32 and 8 bits of precision.</summary>
    BFloat16,

    /// <summary>The largest of each rank alone, in float32 with their places (<see cref="DataParallelOptions.TopKShare"/>); the others go along later. The sum is then not that of all gradients of the step.</summary>
    TopK,
}
