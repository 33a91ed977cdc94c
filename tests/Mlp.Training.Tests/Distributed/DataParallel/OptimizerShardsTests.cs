using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Parts of flat weights: without gaps, nearly equal, beginning where vectors do.</summary>
public sealed class OptimizerShardsTests
{
    [Fact]
    public void PartOf_AnyLengthAndWorld_CoversAllOnce()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var (count, length) = (random.Next(2, 9), 16 * random.Next(1, 2000));
            var parts = Enumerable.Range(0, count).Select(rank => new OptimizerShards(new(rank, count), length).Mine).ToArray();
            var shards = new OptimizerShards(new(count - 1, count), length);

            Assert.Equal(0, parts[0].Start.Value);
            Assert.Equal(length, parts[^1].End.Value);
            Assert.All(parts.Zip(parts.Skip(1)), p => Assert.Equal(p.First.End, p.Second.Start));
            Assert.All(parts.Skip(1), p => Assert.True(p.Start.Value % 64 == 0 || p.Start.Value == length));
            Assert.Equal(parts.Select(p => p.End.Value - p.Start.Value), shards.Counts);
            Assert.All(shards.Counts, c => Assert.InRange(c, Math.Max(0, (length / count) - 128), (length / count) + 128));
        }
    }
}
