using System.Collections.Concurrent;
using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>
/// What a data file of the offline store says of itself, in the key-value metadata of Parquet: format and version, and the view that its rows belong to. Columns carry field ids, from 1 in their order,
/// so that readers of tables find them whatever they are called.
/// </summary>
internal static class OfflineFileFormat
{
    internal const string FormatValue = "mlp-offline-data";

    /// <summary>The newest format version that is read. Written is 1, or 2 where a field is a vector: a list of float, each as long as the view says.</summary>
    internal const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    private const string FormatKey = "mlp_format";
    private const string VersionKey = "mlp_format_version";
    private const string ViewKey = "mlp_view";
    private const string ViewVersionKey = "mlp_view_version";
    private const string FingerprintKey = "mlp_fingerprint";

    /// <summary>Options of DuckDB's COPY for a file of a view.</summary>
    /// <param name="view">The view.</param>
    internal static string CopyOptions(FeatureViewDefinition view)
    {
        var metadata = string.Join(", ", Facts(view).Select(fact => $"{fact.Key}: {Sql.Text(fact.Value)}"));
        var ids = string.Join(", ", OfflineView.Columns(view).Select((column, i) => string.Create(CultureInfo.InvariantCulture, $"{Sql.Name(column.Name)}: {i + 1}")));
        return $"{ParquetFormat.CopyOptions}, KV_METADATA {{{metadata}}}, FIELD_IDS {{{ids}}}";
    }

    /// <summary>Looks at what files say of themselves. Reads the footer of each once per process.</summary>
    /// <param name="session">A session to read with.</param>
    /// <param name="view">The view whose rows they hold.</param>
    /// <param name="paths">Full paths.</param>
    /// <param name="known">The files that have been looked at; gets those that can be read.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote one.</exception>
    /// <exception cref="CorruptFileException">One holds something else.</exception>
    internal static void Check(DuckDbSession session, FeatureViewDefinition view, IEnumerable<string> paths, ConcurrentDictionary<string, bool> known)
    {
        var unknown = paths.Where(path => !known.ContainsKey(path)).ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var rows = session.Query($"SELECT file_name, decode(key), decode(value) FROM parquet_kv_metadata([{string.Join(", ", unknown.Select(Sql.File))}]) WHERE decode(key) LIKE 'mlp_%'");
        var facts = rows.ToLookup(row => (string)row[0]!, row => KeyValuePair.Create((string)row[1]!, (string)row[2]!), StringComparer.Ordinal);
        foreach (var path in unknown)
        {
            Check(path, view, facts[path].ToDictionary(StringComparer.Ordinal));
            known.TryAdd(path, true);
        }
    }

    private static void Check(string path, FeatureViewDefinition view, Dictionary<string, string> found)
    {
        if (found.GetValueOrDefault(FormatKey) != FormatValue || !int.TryParse(found.GetValueOrDefault(VersionKey), NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version < 1)
        {
            throw new CorruptFileException(path, $"Expected a Parquet file with \"{FormatKey}\": \"{FormatValue}\" and its version in '{path}', but found another kind of file.");
        }

        if (version > CurrentFormatVersion)
        {
            throw new UnsupportedFormatVersionException(path, version, CurrentFormatVersion);
        }

        foreach (var (key, value) in Facts(view))
        {
            if (key is not VersionKey && found.GetValueOrDefault(key) != value)
            {
                throw new CorruptFileException(path, $"Expected rows of {view} with \"{key}\": \"{value}\" in '{path}', but found \"{found.GetValueOrDefault(key)}\".");
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Facts(FeatureViewDefinition view) =>
    [
        new(FormatKey, FormatValue),
        new(VersionKey, (view.Fields.Any(f => f.IsVector) ? VectorLength.FirstFormatVersion : VersionedJson.FirstVersion).ToString(CultureInfo.InvariantCulture)),
        new(ViewKey, view.Name),
        new(ViewVersionKey, view.Version.ToString(CultureInfo.InvariantCulture)),
        new(FingerprintKey, view.Fingerprint),
    ];
}
