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
    public async Task StratifiedAsync_LabelOfFloats_IsAClassPerWholeNumber()
    {
        var set = new Rows().Int64("id", [.. Enumerable.Range(0, 100).Select(i => (long?)i)])
            .Label("single", [.. Enumerable.Range(0, 100).Select(i => i % 4 == 0 ? 1f : i % 4 == 1 ? -0f : 0f)])
            .Other("wide", new Apache.Arrow.DoubleArray.Builder().AppendRange(Enumerable.Range(0, 100).Select(i => i % 4 == 0 ? 1.0 : 0.0)).Build()).Set();

        foreach (var column in new[] { "single", "wide" })
        {
            var stratified = await IdsAsync(await TrainingSample.StratifiedAsync(set, [column], 40, seed: 1));
            Assert.Equal((40, 10), (stratified.Count, stratified.Count(id => id % 4 == 0)));
            var balanced = await IdsAsync(await TrainingSample.BalancedAsync(set, [column], 20, seed: 1));
            Assert.Equal((40, 20), (balanced.Count, balanced.Count(id => id % 4 == 0)));
        }
    }

    [Fact]
    public async Task StratifiedAsync_Fractions_AreASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSample.StratifiedAsync(SampleRows.Create(20), ["x"], 5));

        Assert.Equal("Expected the column 'x' to hold classes, as whole numbers, integers, truth values or texts, but found a number that is not whole.", e.Message);
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

    private static async Task<List<long>> IdsAsync(Mlp.Runtime.Data.ITrainingSet set)
    {
        var ids = new List<long>();
        await foreach (var batch in set.ReadAsync())
        {
            ids.AddRange(((Apache.Arrow.Int64Array)batch.Column("id")).Values.ToArray());
        }

        return ids;
    }
}
