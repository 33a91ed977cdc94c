namespace Mlp.Spark.Connect.Protocol;

/// <summary>A request that says which of the server's sessions it means.</summary>
internal interface ISessionRequest
{
    /// <summary>What the server calls the session; empty for any.</summary>
    string ClientObservedServerSideSessionId { get; set; }
}

/// <summary>An answer that says which of the server's sessions gave it.</summary>
internal interface ISessionResponse
{
    /// <summary>What the server calls the session; empty where it does not say, as Spark 3.5.</summary>
    string ServerSideSessionId { get; }
}

internal sealed partial class ExecutePlanRequest : ISessionRequest;

internal sealed partial class ExecutePlanResponse : ISessionResponse;

internal sealed partial class ReattachExecuteRequest : ISessionRequest;

internal sealed partial class ReleaseExecuteRequest : ISessionRequest;

internal sealed partial class AnalyzePlanRequest : ISessionRequest;

internal sealed partial class AnalyzePlanResponse : ISessionResponse;

internal sealed partial class ConfigRequest : ISessionRequest;

internal sealed partial class ConfigResponse : ISessionResponse;

internal sealed partial class AddArtifactsRequest : ISessionRequest;

internal sealed partial class AddArtifactsResponse : ISessionResponse;

internal sealed partial class InterruptRequest : ISessionRequest;

internal sealed partial class FetchErrorDetailsRequest : ISessionRequest;
