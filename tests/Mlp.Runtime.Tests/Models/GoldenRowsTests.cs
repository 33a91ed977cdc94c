using Apache.Arrow.Ipc;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Models;

public sealed class GoldenRowsTests
{
    private static readonly FeatureColumn[] TwoFloats = [new("a", FeatureType.Float32, "v"), new("b", FeatureType.Float32, "v")];

    [Fact]
    public void File_AllTypesAndStatuses_ComesBackBitForBit()
    {
        var golden = AllTypes();
        var bytes = GoldenRowsFile.Write(golden);

        var read = GoldenRowsFile.Read(bytes, "f");

        Assert.Equal(golden.Features, read.Features);
        Assert.True(golden.Expected.SequenceEqual(read.Expected));
        Assert.Equal(golden.Tolerance, read.Tolerance);
        Assert.True(golden.Rows.Status.SequenceEqual(read.Rows.Status));
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.AsBytes(golden.Rows.Float32).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(read.Rows.Float32)));
        Assert.True(golden.Rows.Int64.SequenceEqual(read.Rows.Int64));
        Assert.True(golden.Rows.StringOf(1, 0).SequenceEqual(read.Rows.StringOf(1, 0)));
        Assert.Equal(bytes, GoldenRowsFile.Write(read));
    }

    [Fact]
    public void File_IsAnArrowStreamThatOthersRead()
    {
        using var stream = new MemoryStream(GoldenRowsFile.Write(AllTypes()));
        using var reader = new ArrowStreamReader(stream);

        Assert.Equal("mlp-golden-rows", reader.Schema.Metadata["mlp.format"]);
        Assert.Equal("1", reader.Schema.Metadata["mlp.format.version"]);
        Assert.Equal(2, reader.ReadNextRecordBatch().Length);
    }

    [Fact]
    public void File_AnyByteChangedOrCut_IsReadOrRefusedAndNothingElse()
    {
        var bytes = GoldenRowsFile.Write(AllTypes());
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 0xFF;
            Read(changed);
            Read(bytes[..i]);
        }

        static void Read(byte[] content)
        {
            try
            {
                GoldenRowsFile.Read(content, "f");
            }
            catch (MlPlatformException)
            {
                // Refused with a sentence.
            }
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 3)]
    [InlineData(2, 0)]
    public void New_CountsThatDoNotFit_AreRefused(int rowCount, int valueCount)
    {
        var rows = new FeatureRows(new FeatureRowLayout(TwoFloats), 2);
        rows.Reset(rowCount);

        Assert.Throws<ArgumentException>(() => new GoldenRows(rows, new double[valueCount]));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(double.NaN, double.NaN, 0)]
    [InlineData(double.NaN, 1, double.PositiveInfinity)]
    [InlineData(1, double.NaN, double.PositiveInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, 0)]
    [InlineData(double.PositiveInfinity, 1, double.PositiveInfinity)]
    [InlineData(100, 101, 0.01)]
    [InlineData(0.5, 0.25, 0.25)]
    public void Difference_IsRelativeAboveOne(double expected, double found, double difference) => Assert.Equal(difference, GoldenRows.Difference(expected, found));

    [Fact]
    public async Task Publish_RowsThatAreAnsweredDifferently_IsRefusedWithoutValues()
    {
        await using var platform = new TestPlatform();

        var error = await Assert.ThrowsAsync<InvalidModelException>(
            () => platform.Registry.PublishAsync("m", Package(TestGraphs.TwoInputs(), Regression()) with { GoldenRows = TwoInputs(11.5, 20) }));

        Assert.Equal(
            "Expected golden row 0 of 2 to be answered as it was when it was kept, within 1E-05 (relative to values above 1), but value 0 of output 'y' differs by 2.74 (model 'm').",
            error.Message);
        Assert.Empty(platform.Registry.ListVersions("m"));
    }

    [Fact]
    public async Task Publish_RowsOfOtherFeatures_IsRefused()
    {
        await using var platform = new TestPlatform();
        var rows = new FeatureRows(new FeatureRowLayout(TwoFloats), 1);

        var error = await Assert.ThrowsAsync<InvalidModelException>(
            () => platform.Registry.PublishAsync("m", Package(TestGraphs.TwoInputs(), Regression()) with { GoldenRows = new GoldenRows(rows, [1.0]) }));

        Assert.Contains("in the golden rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_RowsThatAreAnsweredDifferentlyHere_KeepsTheGoodVersionInService()
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.TwoInputs(), Regression()) with { GoldenRows = TwoInputs(43, 53) }, configure: o => o.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        var good = platform.Model.Manifest!;
        var path = Path.Combine(platform.RegistryPath, "models", ModelName, "versions", "2", "manifest.json");

        // What another machine would do: the file is as published, and the engine computes something else.
        await platform.Registry.PublishAsync(ModelName, Package(TestGraphs.TwoInputs(), Regression()));
        var (other, hash) = Other(platform);
        var manifest = ModelManifestJson.Deserialize(await File.ReadAllBytesAsync(path), path);
        await File.WriteAllBytesAsync(path, ModelManifestJson.Serialize(manifest with { GoldenRowsSha256 = hash }));
        await platform.MoveAsync(2);
        while (platform.Catalog.CheckHealth().Description!.Contains("1 model is in service", StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }

        Assert.Contains("version 2 cannot be loaded: Expected golden row 1 of 2", platform.Catalog.CheckHealth().Description, StringComparison.Ordinal);
        Assert.Contains("version 1 goes on answering", platform.Catalog.CheckHealth().Description, StringComparison.Ordinal);
        Assert.Equal(good, platform.Model.Manifest);
        Assert.NotNull(other);
    }

    [Fact]
    public async Task Load_ModelThatKnowsOnlyItsOwnTexts_IsWarmedUpByItsRows()
    {
        var rows = new FeatureRows(new FeatureRowLayout([new FeatureColumn("c", FeatureType.String, string.Empty)]), 1);
        rows.SetString(0, 0, "a");
        rows.Status.Fill(FeatureStatus.Present);
        await using var platform = await ServeAsync(Package(TestGraphs.RefusesUnknown(), Regression()) with { GoldenRows = new GoldenRows(rows, [1.0]) });

        Assert.Equal(ModelState.Ready, platform.Model.State);
        var results = new Mlp.Runtime.Predictions.Prediction[1];
        platform.Model.Predict(rows, results);
        Assert.Equal(1, results[0].Score);
    }

    /// <summary>Rows (u, v) = (12 1, 1 1 1) and (12 1, 1 1 2), of which the model makes 13 + 10 · 3 and 13 + 10 · 4.</summary>
    private static GoldenRows TwoInputs(double first, double second)
    {
        FeatureColumn[] columns = [.. Enumerable.Range(0, 2).Select(i => Column($"u[{i}]")), .. Enumerable.Range(0, 3).Select(i => Column($"v[{i}]"))];
        var rows = new FeatureRows(new FeatureRowLayout(columns), 2);
        rows.Reset(2);
        rows.Float32.Fill(1);
        rows.Float32Of(0)[0] = 12;
        rows.Float32Of(1)[0] = 12;
        rows.Float32Of(1)[4] = 2;
        rows.Status.Fill(FeatureStatus.Present);
        return new GoldenRows(rows, [first, second]);

        static FeatureColumn Column(string name) => new(name, FeatureType.Float32, string.Empty);
    }

    private static (byte[] Content, string Hash) Other(TestPlatform platform)
    {
        var content = GoldenRowsFile.Write(TwoInputs(43, 53.5));
        var hash = ContentHash.Of(content);
        var path = Path.Combine(platform.RegistryPath, "blobs", "sha256", hash[..2], hash[2..]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return (content, hash);
    }

    private static GoldenRows AllTypes()
    {
        var rows = new FeatureRows(new FeatureRowLayout(AllTypesFeatures.Columns), 2);
        rows.Reset(2);
        rows.Status.Fill(FeatureStatus.Present);
        rows.Float32.Fill(-0f);
        rows.Float32Of(0)[1] = float.NaN;
        rows.Float64.Fill(Math.PI);
        rows.Int64.Fill(long.MinValue);
        rows.Boolean.Fill(true);
        rows.SetString(0, 0, "a");
        rows.SetString(0, 1, "");
        rows.SetString(1, 0, "ü€😀");
        rows.StatusOf(1)[0] = FeatureStatus.Expired;
        rows.Float32Of(1)[0] = float.NaN;
        rows.StatusOf(1)[7] = FeatureStatus.Missing;
        return new GoldenRows(rows, [1, double.NaN, 3, double.NegativeInfinity], 1e-4);
    }
}
