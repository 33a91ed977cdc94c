using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests;

public sealed class StoredDocumentTests
{
    private const string Path = "/data/views.json";

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{ "magic": 1, "formatVersion": 1, "views": [] }""")]
    [InlineData("""{ "magic": "mlp-something", "formatVersion": 1, "views": [] }""")]
    [InlineData("""{ "magic": "mlp-something", "formatVersion": 2, "views": [] }""")]
    [InlineData("""{ "magic": "mlp-online-views", "views": [] }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": 0, "views": [] }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": -1, "views": [] }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": "1", "views": [] }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": 1, "views": null }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": 1 }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": 1, "views": []""")]
    public void Read_SomethingElse_IsCorrupt(string json)
        => Assert.Equal(Path, Assert.Throws<CorruptFileException>(() => Read(json)).Path);

    [Theory]
    [InlineData("""{ "formatVersion": 2, "magic": "mlp-online-views" }""")]
    [InlineData("""{ "magic": "mlp-online-views", "formatVersion": 2, "views": "elsewhere" }""")]
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
              "magic": "mlp-feature-definition", "formatVersion": 1, "kind": "feature-view", "name": "v", "version": 1, "eventTimeColumn": "t",
              "keys": [{ "name": "k", "kind": "guid" }], "fields": [{ "name": "f", "type": "int64" }]
            }
            """;
        var document = StoredDocument.Read(
            Path, Encoding.UTF8.GetBytes(Json), DefinitionDocument.MagicValue, 1, DefinitionJson.Default.DefinitionDocument, "a definition");

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
              "magic": "mlp-offline-commit", "formatVersion": 1, "view": "v", "version": 1, "fingerprint": "x",
              "commit": {
                "number": 1, "kind": "deletion", "batchId": "b", "committedAt": 1, "rowCount": 0, "nullKeyRowCount": 0, "firstSequence": 0, "lastSequence": 0, "added": []
              }
            }
            """;
        var commit = StoredDocument.Read(
            Path, Encoding.UTF8.GetBytes(Json), OfflineCommitDocument.MagicValue, 1, OfflineCommitJson.Default.OfflineCommitDocument, "a commit").Commit;

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
        const string Json = """{ "magic": "mlp-golden-rows", "formatVersion": 1, "fingerprint": "x", "rowCount": 0, "requests": [], "features": [] }""";
        Assert.Equal(0, ReadGolden(Json).RowCount);
        Assert.Throws<CorruptFileException>(() => ReadGolden(Json.Replace(absent, "another", StringComparison.Ordinal)));

        static GoldenRowsDocument ReadGolden(string json) => StoredDocument.Read(
            Path, Encoding.UTF8.GetBytes(json), GoldenRowsDocument.MagicValue, 1, GoldenRowsJson.Default.GoldenRowsDocument, "golden rows");
    }

    private static OnlineViewDocument Read(string json)
        => StoredDocument.Read(
            Path, Encoding.UTF8.GetBytes(json), OnlineViewDocument.MagicValue, OnlineViewDocument.CurrentFormatVersion, OnlineJson.Default.OnlineViewDocument, "views");
}
