namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Cuts flat gradients into buckets in the order in which a backward pass completes them, which is the reverse of the forward pass (Li et al., "PyTorch Distributed", VLDB 2020, section 3.2).
/// </summary>
internal static class GradientBucketPlan
{
    /// <summary>Cuts.</summary>
    /// <param name="offsets">Where each parameter's numbers begin, ascending; within a part in the order of the forward pass.</param>
    /// <param name="parts">Where parts end, ascending; the last is the length of the flat memory. A bucket lies in one part. Parts come one after the other.</param>
    /// <param name="firstLength">Numbers of the first bucket, at least, unless its part has fewer.</param>
    /// <param name="length">Numbers of the others, at least.</param>
    /// <returns>The buckets in the order in which they travel; each number is in one.</returns>
    public static IReadOnlyList<GradientBucket> Cut(IReadOnlyList<int> offsets, ReadOnlySpan<int> parts, int firstLength, int length)
    {
        var buckets = new List<GradientBucket>();
        var begin = 0;
        foreach (var end in parts)
        {
            var (bucketEnd, members) = (end, new List<int>());
            for (var i = offsets.Count - 1; i >= 0; i--)
            {
                if (offsets[i] < begin || offsets[i] >= end)
                {
                    continue;
                }

                members.Add(i);
                if (bucketEnd - offsets[i] >= (buckets.Count == 0 ? firstLength : length) || offsets[i] == begin)
                {
                    buckets.Add(new(offsets[i], bucketEnd - offsets[i], members));
                    (bucketEnd, members) = (offsets[i], []);
                }
            }

            begin = end;
        }

        return buckets;
    }
}
