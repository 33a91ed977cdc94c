using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>A generation that was formed, as one of its members sees it.</summary>
/// <param name="Group">Its place.</param>
/// <param name="Roster">All members.</param>
internal sealed record ElasticFormation(ProcessGroup Group, ElasticRoster Roster);
