using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Numbers;

namespace Mlp.Training.Tests.Preprocessing.Numbers;

public sealed class NumberSampleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void ToValues_BeyondTheExactCount_QuantilesAreWithinTheRankOfTheSketch(int tables)
    {
        var random = new Random(3);
        double[] all = [.. Enumerable.Range(0, 40_000).Select(_ => Math.Exp(random.NextDouble() * 10))];
        var sample = new NumberSample(keepsValues: true, exactCount: 1000);
        foreach (var chunk in all.Chunk((all.Length / tables) + 1))
        {
            sample.Add(new Source(chunk), chunk.Length);
        }

        var values = sample.ToValues();

        var sorted = all.Order().ToArray();
        Assert.Equal((sorted[0], sorted[^1]), (values.Quantile(0), values.Quantile(1)));
        foreach (var share in new[] { 0.01, 0.25, 0.5, 0.75, 0.99 })
        {
            var rank = Array.BinarySearch(sorted, values.Quantile(share));
            Assert.InRange((rank < 0 ? ~rank : rank) / (double)all.Length, share - 0.002, share + 0.002);
        }
    }

    [Fact]
    public void MeanAndDeviation_SeveralTables_AreThoseOfOne()
    {
        double[] all = [.. Enumerable.Range(0, 500).Select(i => i % 7 == 0 ? double.NaN : 1e9 + (i % 11))];
        var (one, many) = (new NumberSample(keepsValues: false), new NumberSample(keepsValues: false));
        one.Add(new Source(all), all.Length);
        foreach (var chunk in all.Chunk(99))
        {
            many.Add(new Source(chunk), chunk.Length);
        }

        Assert.Equal((one.Count, one.MissingCount), (many.Count, many.MissingCount));
        Assert.Equal(one.MeanAndDeviation().Mean, many.MeanAndDeviation().Mean, 1e-6);
        Assert.Equal(one.MeanAndDeviation().Deviation, many.MeanAndDeviation().Deviation, 1e-9);
    }

    [Fact]
    public void Quantile_BetweenRows_IsLinear()
    {
        var values = new NumberValues([4, 1, 3, 2], null, 100);

        Assert.Equal([1, 1.75, 2.5, 3.25, 4], new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(values.Quantile));
    }

    private sealed class Source(double[] values) : INumberSource
    {
        public double NumberAt(int row) => values[row];
    }
}
