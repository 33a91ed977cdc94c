using Mlp.Training.Distributed.DataParallel.Compression;

namespace Mlp.Training.Tests.Distributed.DataParallel.Compression;

/// <summary>The largest values against those that sorting finds.</summary>
public sealed class LargestValuesTests
{
    [Fact]
    public void Take_AnyValues_TakesThoseThatSortingFinds()
    {
        var (random, largest) = (new Random(3), new LargestValues());
        for (var round = 0; round < 300; round++)
        {
            // Few different values, so that many are equal.
            var values = Enumerable.Range(0, random.Next(1, 200)).Select(_ => round % 2 == 0 ? random.Next(-5, 6) : (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20)))).ToArray();
            var count = random.Next(1, values.Length + 1);
            var expected = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i).Take(count).Order().ToArray();
            var (left, packed) = ((float[])values.Clone(), new int[2 * count]);

            largest.Take(left, packed);

            Assert.Equal(expected, packed.Where((_, i) => i % 2 == 0));
            Assert.Equal(expected.Select(i => values[i]), packed.Where((_, i) => i % 2 == 1).Select(BitConverter.Int32BitsToSingle));
            Assert.Equal(values.Select((v, i) => expected.Contains(i) ? 0 : v), left);
        }
    }

    [Fact]
    public void Take_ValuesThatAreNoNumbers_AreTheLargest()
    {
        float[] values = [1, float.NaN, 3, float.NegativeInfinity, 2];
        var packed = new int[6];

        new LargestValues().Take(values, packed);

        Assert.Equal([1, 2, 3], packed.Where((_, i) => i % 2 == 0));
        Assert.Equal([1, 0, 0, 0, 2], values);
    }
}
