using FsCheck.Xunit;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Tests.Distributed.DataParallel;

public sealed class GradientBucketPlanTests
{
    [Fact]
    public void Cut_OnePart_GoesFromTheEndWithASmallFirstBucket()
    {
        var buckets = GradientBucketPlan.Cut([0, 16, 32, 64, 80], [96], firstLength: 10, length: 40);

        Assert.Equal([(80, 16), (32, 48), (0, 32)], buckets.Select(b => (b.Start, b.Length)));
        Assert.Equal([[4], [3, 2], [1, 0]], buckets.Select(b => b.Parameters));
    }

    [Fact]
    public void Cut_TwoParts_NoBucketCrossesTheBorder()
    {
        var buckets = GradientBucketPlan.Cut([0, 64, 128, 144], [128, 160], firstLength: 1000, length: 1000);

        Assert.Equal([(0, 128), (128, 32)], buckets.Select(b => (b.Start, b.Length)));
        Assert.Equal([[1, 0], [3, 2]], buckets.Select(b => b.Parameters));
    }

    [Property]
    public void Cut_AnyParameters_EachNumberAndParameterIsInOneBucket(byte[] lengths, byte split, ushort first, ushort other)
    {
        var offsets = new List<int>();
        var total = 0;
        foreach (var length in lengths.Append((byte)3))
        {
            offsets.Add(total);
            total += length + 1;
        }

        var border = offsets[split % offsets.Count];
        var buckets = GradientBucketPlan.Cut(offsets, border == 0 ? [total] : [border, total], first, other);

        var covered = new int[total];
        foreach (var bucket in buckets)
        {
            for (var i = bucket.Start; i < bucket.Start + bucket.Length; i++)
            {
                covered[i]++;
            }

            Assert.All(bucket.Parameters, p => Assert.InRange(offsets[p], bucket.Start, bucket.Start + bucket.Length - 1));
        }

        Assert.All(covered, c => Assert.Equal(1, c));
        Assert.Equal(Enumerable.Range(0, offsets.Count), buckets.SelectMany(b => b.Parameters).Order());
    }
}
