using System.Text.Json;
using Mlp.Runtime;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

public sealed class FeatureEncodingDocumentTests
{
    [Fact]
    public void Read_WhatWasWritten_EncodesTheSameBits()
    {
        var (table, encoding) = Sample();

        var read = FeatureEncodingDocument.Read(JsonDocument.Parse(FeatureEncodingDocument.Write(encoding).GetRawText()).RootElement, "file");

        Assert.Equal(encoding.OutputNames, read.OutputNames);
        Assert.Equal(EncodingRun.Encode(table, encoding), EncodingRun.Encode(table, read));
        Assert.True(JsonElement.DeepEquals(FeatureEncodingDocument.Write(encoding), FeatureEncodingDocument.Write(read)));
        EncodingRun.AssertClose(table, read, 1e-6);
    }

    [Fact]
    public void Read_NewerFormat_IsRefusedAsNewer()
    {
        var json = JsonDocument.Parse("""{"format":2,"somethingNew":1}""").RootElement;

        Assert.Equal((2, 1), (Assert.Throws<UnsupportedFormatVersionException>(() => FeatureEncodingDocument.Read(json, "file")) is var e ? (e.Found, e.Supported) : default));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":1,"features":[],"blocks":[{"kind":"unheard"}]}""")]
    public void Read_SomethingElse_IsRefused(string json)
    {
        var error = Assert.Throws<CorruptFileException>(() => FeatureEncodingDocument.Read(JsonDocument.Parse(json).RootElement, "file"));

        Assert.StartsWith("Expected a feature encoding in 'file', but it ", error.Message, StringComparison.Ordinal);
    }

    private static (FeatureTable Table, FeatureEncoding Encoding) Sample()
    {
        var rows = new Rows().Float32("standard", 1f, 2f, null, 4f).Float64("log", 1, 10, 100, 1e9).Float64("quantile", 1, 1, 2, 5).Int64("bucket", 1, 2, 3, null).Text("city", "a", "b", "a", null)
            .Vector("v", 2, [1, 2], [3, 4], null, [5, 6]).Boolean("flag", true, false, null, true);
        var options = new PreprocessingOptions { MinimumCategoryCount = 1 };
        options.For("log").Apply(NumberFunction.YeoJohnson).ClipQuantiles(0, 0.9);
        options.For("quantile").Scale(NumberScaling.QuantileNormal);
        options.For("bucket").Bucketize([1.5, 2.5]);
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        return (table, FeatureEncoding.Learn(table, 4, options));
    }
}
