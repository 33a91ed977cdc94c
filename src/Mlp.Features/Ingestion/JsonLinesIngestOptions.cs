namespace Mlp.Features.Ingestion;

/// <summary>
/// How a file of JSON lines is read: UTF-8, one object per line, blank lines passed over. A member that a line lacks is null. In <see cref="SourceIngestOptions.Expressions"/> and
/// <see cref="SourceIngestOptions.Filter"/> the columns are text: strings without their quotes, numbers as they are written, objects and arrays as JSON.
/// </summary>
public sealed class JsonLinesIngestOptions : SourceIngestOptions;
