using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Deletion;

/// <summary>The file of a deletion that is under way, <c>features/deletions/id.json</c>: written before anything is deleted, removed when all is. It is the only file of the platform that names a deleted entity.</summary>
/// <param name="Format">What the file is: <see cref="FormatValue"/>.</param>
/// <param name="FormatVersion">Version of the format.</param>
/// <param name="Id">Names the deletion, also in the batch ids of its commits.</param>
/// <param name="RequestedTime">When it was asked for, microseconds.</param>
/// <param name="EraseOnlineFiles">Whether the files of the online store are rewritten.</param>
/// <param name="Targets">The views.</param>
internal sealed record EntityDeletionDocument(string Format, int FormatVersion, Guid Id, long RequestedTime, bool EraseOnlineFiles, IReadOnlyList<EntityDeletionDocument.Target> Targets)
{
    internal const string FormatValue = "mlp-entity-deletion";
    internal const int CurrentFormatVersion = 1;

    /// <summary>An entity in one version of a view.</summary>
    /// <param name="View">Name of the view.</param>
    /// <param name="Version">Its version.</param>
    /// <param name="Key">Key parts in the view's order.</param>
    /// <param name="ThroughSequence">The last pushed row that is deleted; null until the online rows are gone.</param>
    internal sealed record Target(string View, int Version, IReadOnlyList<Part> Key, long? ThroughSequence = null);

    /// <summary>A part of a key: one value, or any where it says so. A part that says nothing, or what this version does not know, is refused: it must not be taken for any.</summary>
    /// <param name="Int64">An integer.</param>
    /// <param name="String">A text.</param>
    /// <param name="Guid">A GUID.</param>
    /// <param name="IsAny">Whether every value is meant.</param>
    internal sealed record Part(long? Int64 = null, string? String = null, Guid? Guid = null, bool? IsAny = null)
    {
        internal static Part Of(EntityValue value) => value.Kind switch
        {
            EntityValueKind.Int64 => new Part(Int64: value.AsInt64()),
            EntityValueKind.String => new Part(String: value.AsString()),
            EntityValueKind.Guid => new Part(Guid: value.AsGuid()),
            _ => new Part(IsAny: true),
        };

        /// <summary>The value; null for any.</summary>
        /// <param name="kind">The kind of the key.</param>
        /// <param name="path">The file, for the message.</param>
        /// <exception cref="CorruptFileException">It is not one value of that kind, nor any.</exception>
        internal EntityValue ToValue(EntityValueKind kind, string path)
        {
            EntityValue[] values = [.. new EntityValue[] { Int64, String, Guid is { } guid ? guid : default(EntityValue) }.Where(value => !value.IsNull)];
            return values switch
            {
                [var value] when value.Kind == kind && IsAny is null => value,
                [] when IsAny == true => default,
                _ => throw new CorruptFileException(path, $"Expected every part of a key in '{path}' to have one value of its kind or isAny, but found one that does not say whom to delete."),
            };
        }
    }
}

[JsonSerializable(typeof(EntityDeletionDocument))]
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class EntityDeletionJson : JsonSerializerContext;
