using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class ModelInputTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public async Task Predict_BlockPerType_FeedsEveryType(int rowCount)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        var rows = new FeatureRows(platform.Model.Description!.Layout, rowCount);
        rows.Reset(rowCount);
        for (var row = 0; row < rowCount; row++)
        {
            AllTypesFeatures.Fill(rows, row);
        }

        var results = new Prediction[rowCount];
        platform.Model.Predict(rows, results);

        for (var row = 0; row < rowCount; row++)
        {
            Assert.Equal((float)AllTypesFeatures.Expected(row), results[row].Score);
        }
    }

    [Fact]
    public async Task Predict_OneRowAfterAnother_SeesNothingOfTheOneBefore()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns), configure: o => o.PoolSize = 1);
        var rows = new FeatureRows(platform.Model.Description!.Layout, 1);
        var result = new Prediction[1];
        AllTypesFeatures.Fill(rows, 0);
        platform.Model.Predict(rows, result);

        rows.Reset(1);
        rows.Float32.Clear();
        rows.Float64.Clear();
        platform.Model.Predict(rows, result);

        Assert.Equal(0, result[0].Score);
    }

    [Fact]
    public async Task Predict_OutputShapeIsNotAsDeclared_IsLearnedFromRuns()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Lying(1, 10), Regression()));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 3);
        rows.Reset(3);
        new float[] { 1, 2, 3, 4, 5, 6 }.CopyTo(rows.Float32);
        var results = new Prediction[3];

        platform.Model.Predict(rows, results);

        Assert.Equal([21, 43, 65], results.Select(r => r.Score));
        Assert.Equal(21, platform.Model.Predict([1, 2]).Score);
    }

    [Fact]
    public async Task Predict_RowsInOneRun_SeeTheirOwnValuesWhereAnInputHasMoreDimensions()
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Linear(TensorElementKind.Float32, TensorElementKind.Float32, 4, "N", 2, 2), Regression()));

        Assert.Equal(["x[0]", "x[1]", "x[2]", "x[3]"], platform.Model.Description!.Layout.Columns.Select(c => c.Name));
        Assert.Equal(4321, platform.Model.Predict([1, 2, 3, 4]).Score);
    }
}
