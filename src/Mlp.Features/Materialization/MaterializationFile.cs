using System.Globalization;
using System.Text.Json;
using Mlp.Features.Definitions;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Materialization;

/// <summary>
/// Keeps how far the materialization of a view is, beside the online store that it speaks of. Losing it costs time and nothing else: rows that are brought over again change nothing. One call at a time.
/// </summary>
/// <param name="disk">Where durability comes from.</param>
/// <param name="folder">Folder of such files.</param>
/// <param name="definition">The view.</param>
/// <param name="viewId">Its number in the online store.</param>
/// <param name="range">Event times of a back-fill; null for all.</param>
internal sealed class MaterializationFile(IDiskSync disk, string folder, FeatureViewDefinition definition, uint viewId, EventTimeRange? range)
{
    private readonly string _path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{definition.Name}-v{definition.Version}{(range is null ? string.Empty : "-range")}.json"));

    /// <summary>Whether anything is kept.</summary>
    internal bool Exists => File.Exists(_path);

    /// <summary>The pass that was interrupted; null when there is none, or what it speaks of is no longer so.</summary>
    /// <param name="engine">Which DuckDB computes hashes now.</param>
    internal MaterializationPass? Find(string engine)
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        MaterializationDocument document;
        try
        {
            document = VersionedJson.Read(File.ReadAllBytes(_path), _path, MaterializationDocument.FormatValue, MaterializationDocument.CurrentFormatVersion, MaterializationJson.Default.MaterializationDocument);
        }
        catch (Exception e) when (e is CorruptFileException or UnsupportedFormatVersionException)
        {
            return null;
        }

        var isOurs = document.View == definition.Name && document.Version == definition.Version && document.Fingerprint == definition.Fingerprint && document.ViewId == viewId
            && document.Engine == engine && document.From == range?.From && document.To == range?.To;
        return isOurs
            ? new MaterializationPass(new MaterializationMark(document.SinceCommit, document.SinceAsOf, document.SinceHasLaterRows), document.Commit, document.AsOf, range, document.Position)
            : null;
    }

    /// <summary>Remembers a pass. When it is returned that is on the device.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="engine">Which DuckDB computed the hashes.</param>
    internal void Save(MaterializationPass pass, string engine)
    {
        DurableFile.CreateDirectories(disk, folder);
        var document = new MaterializationDocument
        {
            View = definition.Name,
            Version = definition.Version,
            Fingerprint = definition.Fingerprint,
            ViewId = viewId,
            Engine = engine,
            SinceCommit = pass.Since.Commit,
            SinceAsOf = pass.Since.AsOf,
            SinceHasLaterRows = pass.Since.HasLaterRows,
            Commit = pass.Commit,
            AsOf = pass.AsOf,
            From = range?.From,
            To = range?.To,
            Position = pass.Position,
        };
        DurableFile.Replace(disk, _path, DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(document, MaterializationJson.Default.MaterializationDocument)));
    }

    /// <summary>Forgets it. One that comes back after a crash is as true as it was.</summary>
    internal void Delete()
    {
        if (Exists)
        {
            File.Delete(_path);
        }
    }
}
