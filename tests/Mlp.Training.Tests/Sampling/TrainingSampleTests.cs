using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class TrainingSampleTests
{
    [Fact]
    public async Task WeightedAsync_WithReplacement_RepeatsRowsInTheirOrder()
    {
        var sample = await TrainingSample.WeightedAsync(SampleRows.Create(100), "weight", 500, withReplacement: true, seed: 1);

        var ids = await SampleRows.ReadIdsAsync(sample.ReadAsync());
        Assert.Equal((500, 500L), (ids.Count, sample.Manifest.RowCount));
        Assert.Equal(ids.Order(), ids);
        Assert.DoesNotContain(ids, id => id % 4 == 0);
        Assert.InRange(ids.Count(id => id % 4 == 3), 200, 300);
    }

    [Fact]
    public async Task WeightedAsync_WithoutReplacement_TakesEachRowOnce()
    {
        var sample = await TrainingSample.WeightedAsync(SampleRows.Create(100), "weight", 60, withReplacement: false);

        Assert.Equal(60, (await SampleRows.ReadIdsAsync(sample.ReadAsync())).Distinct().Count());
    }

    [Fact]
    public async Task StratifiedAsync_Label_KeepsItsShare()
    {
        var sample = await TrainingSample.StratifiedAsync(SampleRows.Create(1_000), ["label"], 50, seed: 1);

        var ids = await SampleRows.ReadIdsAsync(sample.ReadAsync());
        Assert.Equal((50, 5), (ids.Count, ids.Count(id => SampleRows.Label(id) == "rare")));
    }

    [Fact]
    public async Task BalancedAsync_Label_HasAsManyOfEach()
    {
        var sample = await TrainingSample.BalancedAsync(SampleRows.Create(1_000), ["label"], 150, seed: 1);

        var ids = await SampleRows.ReadIdsAsync(sample.ReadAsync());
        Assert.Equal((150, 150), (ids.Count(id => SampleRows.Label(id) == "rare"), ids.Count(id => SampleRows.Label(id) == "common")));
    }

    [Fact]
    public async Task WhereAsync_KeepsNone_IsASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSample.WhereAsync(SampleRows.Create(20), (_, _) => false));

        Assert.Equal("Expected rows that the filter keeps, but it keeps none of 20.", e.Message);
    }
}
