using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>All ranks have agreed to let others in. It ends the work of a generation on all of them after the same call, so nobody need be told.</summary>
internal sealed class NewcomersWaitException() : CollectiveException("Others wait to join the group.");
