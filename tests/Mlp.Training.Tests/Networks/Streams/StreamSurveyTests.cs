using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Streams;

namespace Mlp.Training.Tests.Networks.Streams;

/// <summary>What one pass over a stream knows of it, beside the same of rows in memory.</summary>
public sealed class StreamSurveyTests
{
    [Fact]
    public async Task ReadAsync_RandomTimes_CutsWhereMemoryIsCut()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var times = Enumerable.Range(0, 60).Select(_ => (long)random.Next(1 + random.Next(30))).Order().ToArray();
            var labels = times.Select(_ => (float)(random.NextDouble() * 1000)).ToArray();
            var validating = random.Next(1, 50);

            var survey = await StreamSurvey.ReadAsync(Set(labels, times, random.Next(1, 20)), new() { Task = ModelTask.Regression }, validating, CancellationToken.None);

            var cut = TimeOrder.CutByShare(times, 60, validating / 60.0);
            Assert.Equal(cut, survey.TrainingCount);
            if (cut > 0)
            {
                var mean = labels[..cut].Average();
                Assert.Equal(mean, survey.LabelMean, 1e-3);
                Assert.Equal(Math.Sqrt(labels[..cut].Select(l => Math.Pow(l - mean, 2)).Average()), survey.LabelDeviation, 1e-3);
            }
        }
    }

    [Fact]
    public async Task ReadAsync_Classes_AreCountedInAscendingOrder()
    {
        var set = new GeneratedRows(3000, row => row >= 2990 ? "late" : row % 3 == 0 ? "b" : "a");

        var survey = await StreamSurvey.ReadAsync(set, new() { Task = ModelTask.MulticlassClassification }, 10, CancellationToken.None);

        Assert.Equal(["a", "b", "late"], survey.ClassNames);
        Assert.Equal([1993L, 997, 0], survey.ClassCounts);
        var unseen = Assert.Throws<TrainingDataException>(() => TargetScale.Learn(survey, ModelTask.MulticlassClassification, 3000));
        Assert.Equal("Expected rows of every class of label 'y' among the 2990 training rows, but there is none of the class 'late'. The last 10 of 3000 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).", unseen.Message);

        // Weights are 1 and 2 in turn: with weights (1, 3, 1) of the classes the training rows are to count 1 on average.
        var sum = Enumerable.Range(0, 2990).Sum(r => (1.0 + (r % 2)) * (r % 3 == 0 ? 3 : 1));
        Assert.Equal(2990 / sum, survey.WeightFactor([1, 3, 1]), 1e-12);
    }

    [Fact]
    public async Task ReadAsync_BadRows_AreNamedByTheirPlaceInTheStream()
    {
        var order = await RefusedAsync(Set([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 3, 6], 2));
        var label = await RefusedAsync(Set([1, 2, 3, float.NaN, 5, 6], [1, 2, 3, 4, 5, 6], 2));
        var count = await RefusedAsync(new GeneratedRows(100) { Manifest = new GeneratedRows(100).Manifest with { RowCount = 90 } });

        Assert.Equal(("Expected rows in order of the time column 'time', but row 4 is earlier than the row before it: order the question (the spine) by time.", 4), (order.Message, order.Row));
        Assert.Equal(("Expected a label in every row of column 'y', but row 1 has none. Rows are counted from row 2 of the stream.", 3), (label.Message, label.Row));
        Assert.Equal("Expected 90 rows, as the manifest of the training set says, but it streamed 100.", count.Message);
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(0, " The last 1 of 4 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).")]
    public async Task ReadAsync_OneClass_IsRefusedAsInMemory(float last, string advice)
    {
        var survey = await StreamSurvey.ReadAsync(Set([1, 1, 1, last], [1, 2, 3, 4], 2), new(), 1, CancellationToken.None);

        var error = Assert.Throws<TrainingDataException>(() => TargetScale.Learn(survey, ModelTask.BinaryClassification, 4));

        Assert.Equal("Expected both classes in label 'y', but all 3 training rows hold the class 1." + advice, error.Message);
    }

    [Fact]
    public async Task ReadAsync_ClassThatNoRowHas_IsNotSaidToBeHeldOut()
    {
        var options = new NetworkOptions { Task = ModelTask.MulticlassClassification, ClassNames = { "1", "2", "3" } };
        var survey = await StreamSurvey.ReadAsync(Set([1, 2, 1, 2], [1, 2, 3, 4], 2), options, 1, CancellationToken.None);

        var error = Assert.Throws<TrainingDataException>(() => TargetScale.Learn(survey, ModelTask.MulticlassClassification, 4));

        Assert.Equal("Expected rows of every class of label 'y' among the 3 training rows, but there is none of the class '3'.", error.Message);
    }

    [Fact]
    public async Task StreamSample_AnyCount_DrawsThatManyEvenlyAndAllBehind()
    {
        var first = new int[100];
        for (var seed = 0; seed < 400; seed++)
        {
            var numbers = new List<int>();
            await foreach (var batch in new StreamSample(Set([.. Enumerable.Range(0, 110).Select(i => (float)i)], [.. Enumerable.Range(0, 110).Select(i => (long)i)], 17), 100, 30, seed).ReadAsync())
            {
                using (batch)
                {
                    numbers.AddRange(((Apache.Arrow.FloatArray)batch.Column("y")).Values.ToArray().Select(v => (int)v));
                }
            }

            Assert.Equal(Enumerable.Range(100, 10), numbers[30..]);
            Assert.Equal(numbers.Order().Distinct(), numbers);
            numbers[..30].ForEach(n => first[n]++);
        }

        // Each of 100 rows is drawn with probability 0.3: 120 of 400 times, deviation 9.2.
        Assert.All(first, n => Assert.InRange(n, 75, 165));
    }

    private static async Task<TrainingDataException> RefusedAsync(ITrainingSet set)
        => await Assert.ThrowsAsync<TrainingDataException>(
            () => StreamSurvey.ReadAsync(set, new() { Task = set is GeneratedRows ? ModelTask.BinaryClassification : ModelTask.Regression }, 1, CancellationToken.None));

    private static ArrowTrainingSet Set(float[] labels, long[] times, int batchSize)
    {
        var parts = Enumerable.Range(0, labels.Length).Chunk(batchSize).ToList().ConvertAll(
            p => new Rows().Float32("x", [.. p.Select(i => (float?)i)]).Label("y", [.. p.Select(i => labels[i])]).Time("time", [.. p.Select(i => times[i])]));
        return new ArrowTrainingSet([.. parts.Select(p => p.Batch())], parts[0].Features, "y", "time");
    }
}
