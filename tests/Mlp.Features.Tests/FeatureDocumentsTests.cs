using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests;

public sealed class FeatureDocumentsTests
{
    private const string Path = "/data/views.json";

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{ "format": 1, "formatVersion": 1, "views": [] }""")]
    [InlineData("""{ "format": "mlp-something", "formatVersion": 1, "views": [] }""")]
    [InlineData("""{ "format": "mlp-something", "formatVersion": 2, "views": [] }""")]
    [InlineData("""{ "format": "mlp-online-views", "views": [] }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": 0, "views": [] }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": -1, "views": [] }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": "1", "views": [] }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": 1, "views": null }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": 1 }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": 1, "views": []""")]
    public void Read_SomethingElse_IsCorrupt(string json)
        => Assert.Equal(Path, Assert.Throws<CorruptFileException>(() => Read(json)).Path);

    [Theory]
    [InlineData("""{ "formatVersion": 2, "format": "mlp-online-views" }""")]
    [InlineData("""{ "format": "mlp-online-views", "formatVersion": 2, "views": "elsewhere" }""")]
    public void Read_NewerFormatOfAnyShape_IsNewerAndNotCorrupt(string json)
    {
        var error = Assert.Throws<UnsupportedFormatVersionException>(() => Read(json));
        Assert.Equal((2, 1), (error.Found, error.Supported));
    }

    [Fact]
    public void Read_DefinitionWithItsRequiredKeysOnly_HasNoNulls()
    {
        const string Json = """
            {
              "format": "mlp-feature-definition", "formatVersion": 1, "kind": "feature-view", "name": "v", "version": 1, "eventTimeColumn": "t",
              "keys": [{ "name": "k", "kind": "guid" }], "fields": [{ "name": "f", "type": "int64" }]
            }
            """;
        var document = VersionedJson.Read(Encoding.UTF8.GetBytes(Json), Path, DefinitionDocument.FormatValue, 1, DefinitionJson.Default.DefinitionDocument);

        Assert.Equal(string.Empty, document.Fingerprint);
        var view = new FeatureViewDefinition(document);
        Assert.Equal((string.Empty, string.Empty, string.Empty), (view.Owner, view.Description, view.Fields[0].Description));
        Assert.Equal((TimeSpan.Zero, null, false), (view.TimeToLive, view.CreatedTimeColumn, view.CreatedTimeEqualsEventTime));
        Assert.Equal((EntityValueKind.Guid, FeatureType.Int64), (view.Keys[0].Kind, view.Fields[0].Type));
    }

    [Fact]
    public void Read_CommitWithItsRequiredKeysOnly_HasNoNulls()
    {
        const string Json = """
            {
              "format": "mlp-offline-commit", "formatVersion": 1, "view": "v", "version": 1, "fingerprint": "x",
              "commit": {
                "number": 1, "kind": "deletion", "batchId": "b", "committedTime": 1, "rowCount": 0, "nullKeyRowCount": 0, "firstSequence": 0, "lastSequence": 0, "added": []
              }
            }
            """;
        var commit = VersionedJson.Read(Encoding.UTF8.GetBytes(Json), Path, OfflineCommitDocument.FormatValue, 1, OfflineCommitJson.Default.OfflineCommitDocument).Commit;

        Assert.Empty(commit.Removed);
        Assert.Null(commit.PushedThrough);
        Assert.Equal(OfflineCommitKind.Deletion, commit.Kind);
    }

    [Theory]
    [InlineData("rowCount")]
    [InlineData("requests")]
    [InlineData("features")]
    public void Read_GoldenRowsWithoutARequiredKey_AreCorrupt(string absent)
    {
        const string Json = """{ "format": "mlp-on-demand-golden-rows", "formatVersion": 1, "fingerprint": "x", "rowCount": 0, "requests": [], "features": [] }""";
        Assert.Equal(0, ReadGolden(Json).RowCount);
        Assert.Throws<CorruptFileException>(() => ReadGolden(Json.Replace(absent, "another", StringComparison.Ordinal)));

        static GoldenRowsDocument ReadGolden(string json) => VersionedJson.Read(Encoding.UTF8.GetBytes(json), Path, GoldenRowsDocument.FormatValue, 1, GoldenRowsJson.Default.GoldenRowsDocument);
    }

    private static OnlineViewDocument Read(string json)
        => VersionedJson.Read(Encoding.UTF8.GetBytes(json), Path, OnlineViewDocument.FormatValue, OnlineViewDocument.CurrentFormatVersion, OnlineJson.Default.OnlineViewDocument);
}
