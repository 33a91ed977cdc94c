using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>How long a row of the offline store is in the online store, key and row together: what must fit on one page.</summary>
internal static class OnlineRowLength
{
    // View id and number of key parts.
    private const int KeyHeader = OnlineView.KeyPrefixLength + 1;

    /// <summary>The length in bytes, as SQL over the columns of stored rows.</summary>
    /// <param name="view">The view.</param>
    internal static string Of(FeatureViewDefinition view)
    {
        var fixedLength = KeyHeader + new OnlineRowLayout([.. view.Fields.Select(field => new OnlineField(field.Name, field.Type, field.Length))]).FixedLength;
        var texts = new List<string>();
        foreach (var key in view.Keys)
        {
            fixedLength += 1 + key.Kind switch
            {
                EntityValueKind.Int64 => sizeof(long),
                EntityValueKind.Guid => 16,
                _ => sizeof(int),
            };
            if (key.Kind == EntityValueKind.String)
            {
                texts.Add(key.Name);
            }
        }

        foreach (var field in view.Fields.Where(field => field.Type == FeatureType.String))
        {
            fixedLength += sizeof(int);
            texts.Add(field.Name);
        }

        return string.Join(" + ", texts.Select(text => $"coalesce(strlen({Sql.Name(text)}), 0)").Prepend(fixedLength.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>What is said of a row that is too long.</summary>
    /// <param name="view">Name of the view.</param>
    /// <param name="version">Its version.</param>
    /// <param name="row">Number of the row from 1.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="maximum">The greatest length in bytes.</param>
    internal static string Describe(string view, int version, long row, long length, int maximum) => string.Create(
        CultureInfo.InvariantCulture,
        $"Expected rows of at most {maximum} bytes, key and features together, for feature view '{view}' version {version}, so that they fit on a page of the online store, but row {row} has {length}. Set {nameof(OnlineStoreOptions.PageSize)} higher before the store is first opened.");
}
