using Mlp.Features.Definitions;
using Mlp.Features.Materialization;
using Mlp.Features.Online;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

public sealed class MaterializationFileTests : IDisposable
{
    private static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<Shop>();
    private static readonly MaterializationPass Pass = new(new MaterializationMark(3, 77, true), 9, 1234, null, ulong.MaxValue - 1);

    private readonly TempDirectory _temp = new();

    // Written by format version 1; must stay readable.
    [Fact]
    public void Find_FileOfVersion1_IsRead()
    {
        File.WriteAllText(
            _temp.Combine("shop-v1-range.json"),
            $$"""
            {
              "format": "mlp-materialization", "formatVersion": 1, "view": "shop", "version": 1, "fingerprint": "{{View.Fingerprint}}", "viewId": 4, "engine": "v1.5.6",
              "sinceCommit": 3, "sinceAsOf": 77, "sinceHasLaterRows": true, "commit": 9, "asOf": 1234, "from": -5, "to": 6, "position": 18446744073709551614
            }
            """);
        var range = new EventTimeRange(-5, 6);

        Assert.Equal(Pass with { Range = range }, Create(4, range).Find("v1.5.6"));
    }

    [Fact]
    public void Find_AfterSave_IsTheSameForTheSameStateAndNothingForAnother()
    {
        Create(4).Save(Pass, "v1.5.6");

        Assert.Equal(Pass, Create(4).Find("v1.5.6"));
        Assert.Null(Create(5).Find("v1.5.6"));
        Assert.Null(Create(4).Find("v1.5.7"));
        Assert.Null(Create(4, new EventTimeRange(1, 2)).Find("v1.5.6"));
        Create(4).Delete();
        Assert.False(Create(4).Exists);
    }

    [Fact]
    public void Find_DamagedOrNewerFile_IsNothing()
    {
        Create(4).Save(Pass, "v1.5.6");
        var path = _temp.Combine("shop-v1.json");
        var text = File.ReadAllText(path);
        foreach (var other in new[] { string.Empty, text.Replace("1234", "1235", StringComparison.Ordinal), text.Replace("\"formatVersion\": 1", "\"formatVersion\": 2", StringComparison.Ordinal) })
        {
            Assert.NotEqual(text, other);
            File.WriteAllText(path, other);
            Assert.Null(Create(4).Find("v1.5.6"));
        }
    }

    public void Dispose() => _temp.Dispose();

    private MaterializationFile Create(uint viewId, EventTimeRange? range = null) => new(DiskSync.Instance, _temp.FullName, View, viewId, range);
}
