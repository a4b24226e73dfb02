"""Small files in the shapes of text formats, each with the tree it must be read as; used by unit and fuzz tests.

The tree shows the ranked value type. A name is the importer's, a dash and what is particular.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drawn:
    """A file's text and how it is read.

    Attributes:
        producer: what made it, as the profile says.
        text: the file.
        tree: `tests.vocabulary.format_tree` of the profile, indented at will.
        losses: kinds of what was lost, in order.
    """

    producer: str
    text: str
    tree: str
    losses: tuple[str, ...] = ()


DRAWN = {
    "gprof": Drawn(
        "gprof",
        """\
Flat profile:

Each sample counts as 0.01 seconds.
  %   cumulative   self              self     total
 time   seconds   seconds    calls  ms/call  ms/call  name
 60.00      0.30     0.30        2   150.00   150.00  ns::work(int, char const*)
 40.00      0.50     0.20                             main
  0.00      0.50     0.00        1     0.00     0.00  once

\t\t     Call graph (explanation follows)


granularity: each sample hit covers 2 byte(s) for 2.00% of 0.50 seconds

index % time    self  children    called     name
                                                 <spontaneous>
[1]    100.0    0.20    0.30                 main [1]
                0.30    0.00       2/2           ns::work(int, char const*) [2]
                0.00    0.00       1/1           once [3]
-----------------------------------------------
                                   5             ns::work(int, char const*) [2]
                0.30    0.00       2/2           main [1]
[2]     60.0    0.30    0.00       2+5       ns::work(int, char const*) [2]
                                   5             ns::work(int, char const*) [2]
-----------------------------------------------
                0.00    0.00       1/1           main [1]
[3]      0.0    0.00    0.00       1         once [3]
-----------------------------------------------

 This table describes the call tree of the program, and was sorted by
\x0c
Index by function name

   [1] main
""",
        """
        main 500,200
          ns::work(int, char const*) 300,300
        once 0,0
        """,
        ("approximate",),
    ),
    "gprof-flat": Drawn(
        "gprof",
        """\
Flat profile:

Each sample counts as 0.01 seconds.
  %   cumulative   self              self     total
 time   seconds   seconds    calls  ms/call  ms/call  name
 75.00      0.03     0.03        4     7.50     7.50  fib (fib.c:4 @ 12f9)
 25.00      0.04     0.01                             main
""",
        """
        fib (fib.c:4) 30,30
        main 10,10
        """,
        ("dropped",),
    ),
    "gprof-cycle": Drawn(
        "gprof",
        """\
index  % time    self  descendents called     name
                                             <spontaneous>
[1]    100.00    0.10     0.90    0      main [1]
                 0.90     0.00    1/1        even <cycle 1> [3]
----------------------------------------
[2]     90.00    0.90     0.00    1+7    <cycle 1 as a whole> [2]
                 0.50     0.00    4          even <cycle 1> [3]
                 0.40     0.00    4          odd <cycle 1> [4]
----------------------------------------
                                  3          odd <cycle 1> [4]
                 0.90     0.00    1/1        main [1]
[3]     50.00    0.50     0.00    4      even <cycle 1> [3]
                                  4          odd <cycle 1> [4]
----------------------------------------
                                  4          even <cycle 1> [3]
[4]     40.00    0.40     0.00    4      odd <cycle 1> [4]
                                  3          even <cycle 1> [3]
----------------------------------------
""",
        """
        main 1000,100
          even 900,500
            odd 400,400
        """,
        ("approximate",),
    ),
    "gprof-vtune": Drawn(
        "gprof",
        """\
Index  % CPU Time:Total  CPU Time:Self  CPU Time:Children  Name          Index
-----  ----------------  -------------  -----------------  ------------  -----
                                                           <spontaneous>
[1]    100.0             0.250          0.750              main          [1]
                         0.750          0.0                  work        [2]

                         0.750          0.0                  main        [1]
[2]    75.0              0.750          0.0                work          [2]


Index by function name

Index  Function
-----  --------
[1]    main
""",
        """
        main 1000,250
          work 750,750
        """,
        ("approximate",),
    ),
    "hprof-text": Drawn(
        "Java HPROF agent",
        """\
JAVA PROFILE 1.0.1, created Sat Jan  3 10:00:00 2015

Header for -agentlib:hprof (or -Xrunhprof) ASCII Output (JDK 5.0 JVMTI based)

CPU SAMPLES     is a statistical profile of program execution.  The VM
TRACE           represents a Java stack trace.
--------

THREAD START (obj=5000012d, id = 200001, name="main", group="main")
TRACE 300001: (thread=200001)
\tapp.Store$1.read(Store.java:Unknown line)
\tapp.Main.<init>(Main.java:7)
TRACE 300002: (thread=200001)
\tjava.lang.System.arraycopy(Native Method)
\tapp.Main.<init>(Main.java:7)
CPU SAMPLES BEGIN (total = 10) Sat Jan  3 10:00:09 2015
rank   self  accum   count trace method
   1 70.00% 70.00%       7 300001 app.Store$1.read
   2 20.00% 90.00%       2 300002 java.lang.System.arraycopy
CPU SAMPLES END
""",
        """
        app.Main.<init> (Main.java:7) 9,0
          app.Store$1.read (Store.java) 7,7
          java.lang.System.arraycopy 2,2
        """,
        ("pruned",),
    ),
    "hprof-text-times": Drawn(
        "Java HPROF agent",
        """\
JAVA PROFILE 1.0.1, created Sat Jan  3 10:00:00 2015
TRACE 7:
\ta.B.c(B.java:3)
CPU TIME (ms) BEGIN (total = 200) Sat Jan  3 10:00:09 2015
rank   self  accum   count trace method
   1 12.50% 12.50%       4 7 a.B.c
CPU TIME (ms) END
""",
        """
        a.B.c (B.java:3) 2500,2500
        """,
        ("rounded",),
    ),
    "ghc-prof": Drawn(
        "GHC",
        """\
\tSun Aug 13 10:47 2023 Time and Allocation Profiling Report  (Final)

\t   app +RTS -P -RTS

\ttotal time  =        0.01 secs   (10 ticks @ 1000 us, 1 processor)
\ttotal alloc =       1,500 bytes  (excludes profiling overheads)

COST CENTRE MODULE SRC                        %time %alloc  ticks     bytes

loop        Lib    src/Lib.hs:(14,1)-(15,41)   80.0   60.0      8       900

                                                             individual      inherited
COST CENTRE  MODULE     SRC                       no.     entries  %time %alloc   %time %alloc  ticks     bytes

MAIN         MAIN       <built-in>                168           0   20.0   40.0   100.0  100.0      2       600
 CAF:main1   Main       <no location info>        334           0    0.0    0.0    80.0   60.0      0         0
  loop       Lib        src/Lib.hs:(14,1)-(15,41) 339           1   80.0   60.0    80.0   60.0      8       900
""",
        """
        MAIN.MAIN 10000000,2000000
          Main.CAF:main1 8000000,0
            Lib.loop (src/Lib.hs:14) 8000000,8000000
        """,
    ),
    "ghc-prof-old": Drawn(
        "GHC",
        """\
    Thu Jul 24 21:34 2008 Time and Allocation Profiling Report  (Final)

      total time  =        0.20 secs   (10 ticks @ 20 ms)
      total alloc =       4,000 bytes  (excludes profiling overheads)

    COST CENTRE   MODULE   %time %alloc

    CAF           Main       0.0  100.0

                                                individual    inherited
    COST CENTRE   MODULE       no.    entries  %time %alloc   %time %alloc

    MAIN          MAIN           1           0  12.5    0.0   100.0  100.0
     CAF          Main         152          14  87.5  100.0    87.5  100.0
""",
        """
        MAIN.MAIN 200000000,25000000
          Main.CAF 175000000,175000000
        """,
        ("rounded",),
    ),
    "stack-dumps-java": Drawn(
        "jstack",
        """\
2024-05-06 10:00:00
Full thread dump OpenJDK 64-Bit Server VM (17.0.1+12 mixed mode, sharing):

"main" #1 prio=5 os_prio=0 cpu=120.50ms elapsed=95.20s tid=0x00007f8c1c0b2800 nid=0xe46 in Object.wait()  [0x00007f8c0a1fe000]
   java.lang.Thread.State: WAITING (on object monitor)
\tat java.lang.Object.wait(java.base@17.0.1/Native Method)
\t- waiting on <0x00000000e0d3a000> (a java.lang.Object)
\tat app//app.Main.run(Main.java:12)
\tat app.Main.main(Main.java:3)

"worker 1" #12 daemon prio=5 tid=0x1 nid=0x2 waiting for monitor entry  [0x3]
   java.lang.Thread.State: BLOCKED (on object monitor)
\tat app.Work.step(Work.java:7)
\tat java.lang.Thread.run(java.base@17.0.1/Thread.java:833)

"VM Thread" os_prio=0 cpu=0.05ms elapsed=3.34s tid=0x00007f9b380c7c90 nid=0x6a8 runnable

JNI global refs: 7, weak refs: 0

Found one Java-level deadlock:
=============================
"worker 1":
\tat app.Work.step(Work.java:7)
""",
        """
        app.Main.main (Main.java:3) 1,0
          app.Main.run (Main.java:12) 1,0
            java.lang.Object.wait 1,1
        java.lang.Thread.run (Thread.java:833) 1,0
          app.Work.step (Work.java:7) 1,1
        """,
        ("dropped", "dropped"),
    ),
    "stack-dumps-gdb": Drawn(
        "gdb",
        """\
[New LWP 12]

Thread 2 (Thread 0x7f44b13c86c0 (LWP 12) "pool"):
#0  0x000055899da9316f in std::function<void (int)>::operator()(int) const (this=0x7ffd, n=1) at fn.h:40
#1  0x000055899da93187 in ns::Pool::work<(ns::Kind)3> (arg=0x0, name=0x1 "a (b")
    at pool.cc:9
#2  0x00007f in start_thread () from /lib/libpthread.so.0

Thread 1 (Thread 0x7f44b1 (LWP 11) "main"):
#0  0x0000 in ?? ()
#1  main () at m.c:4
[Inferior 1 (process 11) detached]
""",
        """
        main (m.c:4) 1,0
          [unknown] 1,1
        start_thread 1,0
          ns::Pool::work<(ns::Kind)3> (pool.cc:9) 1,0
            std::function<void (int)>::operator()(int) const (fn.h:40) 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-go": Drawn(
        "Go",
        """\
panic: boom

goroutine 1 [running]:
main.fib(...)
\t/app/s.go:3
main.(*T).spin(0xc000, {0x4fbb08?, 0x1})
\t/app/s.go:5 +0x2b
created by main.main in goroutine 7
\t/app/s.go:9 +0xce

goroutine 18 gp=0xc0 m=nil [chan receive, 5 minutes]:
main.wait(0x4)
\t/app/s.go:12 +0x3a
...additional frames elided...
created by main.main
\t/app/s.go:10 +0xce
exit status 2
""",
        """
        main.(*T).spin (/app/s.go:5) 1,0
          main.fib (/app/s.go:3) 1,1
        main.wait (/app/s.go:12) 1,1
        """,
        ("truncated", "dropped"),
    ),
    "stack-dumps-python": Drawn(
        "faulthandler",
        """\
Fatal Python error: Aborted

Thread 0x00007fcb731176c0 (most recent call first):
  File "/app/a b.py", line 2 in wait
  File "/app/m.py", line 9 in <module>

Current thread 0x00007fcb73e79b80 [MainThread] (most recent call first):
  File "/app/m.py", line 3 in f
  ...

Extension modules: numpy
""",
        """
        <module> (/app/m.py:9) 1,0
          wait (/app/a b.py:2) 1,1
        f (/app/m.py:3) 1,1
        """,
        ("truncated", "dropped"),
    ),
    "stack-dumps-python-one": Drawn(
        "faulthandler",
        """\
Stack (most recent call first):
  File "/app/m.py", line 3 in f
  File "/app/m.py", line 9 in <module>
""",
        """
        <module> (/app/m.py:9) 1,0
          f (/app/m.py:3) 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-android": Drawn(
        "jstack",
        """\
----- pid 4242 at 2021-05-05 10:00:00 -----
Cmd line: com.example.app

DALVIK THREADS (2):
"main" prio=5 tid=1 Native
  | group="main" sCount=1 dsCount=0 flags=1 obj=0x7 self=0x7
  native: #00 pc 000000000009b2c8  /apex/bionic/libc.so (__epoll_pwait+8)
  native: #01 pc 0000000000019ab4  /system/lib64/libutils.so (android::Looper::pollInner(int)+148)
  at android.os.MessageQueue.nativePollOnce(Native method)
  at com.example.MainActivity.onCreate(MainActivity.kt:12)

"Jit thread pool" daemon prio=5 tid=2 Waiting
  | group="system" sCount=1
  (no managed stack frames)

----- end 4242 -----
""",
        """
        com.example.MainActivity.onCreate (MainActivity.kt:12) 1,0
          android.os.MessageQueue.nativePollOnce 1,0
            android::Looper::pollInner(int) 1,0
              __epoll_pwait 1,1
        """,
        ("dropped", "dropped"),
    ),
    "stack-dumps-jcmd": Drawn(
        "jcmd Thread.dump_to_file",
        """\
4242
2024-05-06T10:00:00.123Z
21.0.2+13

#1 "main"
      java.base/java.lang.Thread.sleep0(Native Method)
      app/com.example.Main.main(Main.java:5)

#22 "" virtual
      com.example.Job.run(Job.java:9)
""",
        """
        com.example.Job.run (Job.java:9) 1,1
        com.example.Main.main (Main.java:5) 1,0
          java.lang.Thread.sleep0 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-py-spy": Drawn(
        "py-spy dump",
        """\
Process 24: python sl.py
Python v3.11.7 (/usr/bin/python3.11)

Thread 2430 (active+gil): "MainThread"
    clock_nanosleep (libc.so.6)
    f (sl.py:3)
        Arguments:
            n: 7
    <module> (sl.py:5)
Thread 0x7F01 (idle)
    run (threading.py:982)
""",
        """
        <module> (sl.py:5) 1,0
          f (sl.py:3) 1,0
            clock_nanosleep 1,1
        run (threading.py:982) 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-eu-stack": Drawn(
        "eu-stack",
        """\
PID 2007 - process
TID 2007:
#0  0x00007f802f94f2ad read - /usr/lib/libc.so.6
#1  0x000056168d56c78b - /usr/bin/bash
#2  0x000056168d57644e main - 1 - /usr/bin/bash
TID 2008:
#0  0x00007f802f94f2ad poll
#1  0x00007f802f94f2ae
""",
        """
        [unknown] 1,0
          poll 1,1
        main 1,0
          [bash] 1,0
            read 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-lldb": Drawn(
        "lldb",
        """\
(lldb) bt all
* thread #1, queue = 'com.apple.main-thread', stop reason = signal SIGSTOP
  * frame #0: 0x0000000100003f50 app`work(n=3) at main.c:10:5
    frame #1: 0x0000000100003f70 app`main at main.c:20:3
    frame #2: 0x000000018c1 dyld`start + 2544
  thread #2, name = 'pool'
    frame #0: 0x18 libsystem_kernel.dylib`__workq_kernreturn + 8
""",
        """
        __workq_kernreturn 1,1
        start 1,0
          main (main.c:20) 1,0
            work (main.c:10) 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-dotnet": Drawn(
        "dotnet-stack",
        """\
Thread (0x48839B):
  [Native Frames]
  System.Private.CoreLib!System.Threading.Monitor.Wait(class System.Object,int32)
  App!App.Program.Main(class System.String[])

Thread (0x4883A0):
  App!App.Work.Step()
""",
        """
        App.Program.Main 1,0
          System.Threading.Monitor.Wait 1,1
        App.Work.Step 1,1
        """,
        ("dropped",),
    ),
    "stack-dumps-phpspy": Drawn(
        "phpspy",
        """\
0 usleep <internal>:-1
1 App\\Job::work /app/a.php:12
2 <main> /app/a.php:0

0 App\\Job::work /app/a.php:13
1 <main> /app/a.php:0

""",
        """
        <main> (/app/a.php) 2,0
          App\\Job::work (/app/a.php:12) 1,0
            usleep 1,1
          App\\Job::work (/app/a.php:13) 1,1
        """,
    ),
    "pprof-text-raw": Drawn(
        "pprof -raw",
        """\
PeriodType: cpu nanoseconds
Period: 10000000
Time: 2026-11-27 08:11:43.449398577 +0000 UTC
Duration: 1.13
Samples:
samples/count cpu/nanoseconds
          1   10000000: 1 2
                thread:[worker]
          3   30000000: 2
Locations
     1: 0x4b5974 M=1 main.leaf /app/s.go:3:12 s=1
             main.outer /app/s.go:9:2 s=7(_outer)
     2: 0x4b59b8 M=1
Mappings
1: 0x400000/0x4b6000/0x0 /app/exe [FN]
""",
        """
        [exe] 40000000,30000000
          main.outer (/app/s.go:9) 10000000,0
            main.leaf (/app/s.go:3)_[i] 10000000,10000000
        """,
    ),
    "pprof-text-traces": Drawn(
        "pprof -traces",
        """\
File: s
Type: cpu
Time: Nov 27, 2026 at 8:11am (UTC)
Duration: 1.13s, Total samples = 1.26s (40.67%)
-----------+-------------------------------------------------------
       key:  value
      10ms   main.leaf
             main.outer (inline)
             main.main
-----------+-------------------------------------------------------
     1.25s   main.main
-----------+-------------------------------------------------------
""",
        """
        main.main 1260000000,1250000000
          main.outer_[i] 10000000,0
            main.leaf 10000000,10000000
        """,
        ("rounded",),
    ),
    "stack-counts": Drawn(
        "bcc",
        """\
Tracing off-CPU time (us) of all threads by user + kernel stack... Hit Ctrl-C to end.
^C
    ffffffff810a9581 finish_task_switch
    b'schedule'
    --
    00007f6733a6b64a waitpid [libc.so.6]
    [unknown]
    -                my worker (24347)
        4952

    [Missed Kernel Stack]
    -                b'java' (5)
        48
""",
        """
        java 48,0
          [Missed Kernel Stack] 48,48
        my worker 4952,0
          [unknown] 4952,0
            waitpid 4952,0
              schedule_[k] 4952,0
                finish_task_switch_[k] 4952,4952
        """,
    ),
    "stack-counts-stackcount": Drawn(
        "bcc",
        """\
Tracing 1 functions for "submit_bio"... Hit Ctrl-C to end.
^C
  submit_bio
  kthread
    1

  submit_bio
  __x64_sys_sync
    sync [310]
    79

Detaching...
""",
        """
        kthread 1,0
          submit_bio 1,1
        sync 79,0
          __x64_sys_sync 79,0
            submit_bio 79,79
        """,
    ),
    "stack-counts-systemtap": Drawn(
        "SystemTap",
        """\
 0xffffffff8103ce3b : native_safe_halt+0xb/0x10 [kernel]
 0xffffffff81013236 : cpu_idle+0xd6/0x120 [kernel] (inexact)
\t2404
 0x7f0aa1b3d : main+0x3d/0x99 [/usr/bin/x]
\t38
""",
        """
        cpu_idle_[k] 2404,0
          native_safe_halt_[k] 2404,2404
        main 38,38
        """,
    ),
    "xctrace": Drawn(
        "Instruments",
        """\
<?xml version="1.0"?>
<trace-query-result>
<node xpath='//trace-toc[1]/run[1]/data[1]/table[5]'><schema name="time-profile"><col><mnemonic>time</mnemonic></col></schema>
<row><sample-time id="1">1000</sample-time><thread id="2" fmt="Main Thread 0x1a2b (App, pid: 42)"><tid id="3">6699</tid>\
<process id="4" fmt="App (42)"><pid id="5">42</pid></process></thread><weight id="8">1000000</weight>\
<backtrace id="9"><frame id="10" name="work&lt;T&gt;" addr="0x3e80"><binary id="11" name="App" path="/tmp/App"/>\
<source line="7"><path id="20">/src/a.swift</path></source></frame>\
<frame id="12" name="main" addr="0x3f54"><binary ref="11"/></frame></backtrace></row>
<row><sample-time id="13">5000</sample-time><thread ref="2"/><weight ref="8"/><backtrace ref="9"/></row>
<row><sample-time id="14">6000</sample-time><thread ref="2"/><weight ref="8"/>\
<tagged-backtrace id="15" fmt="main"><backtrace id="16"><frame ref="12"/></backtrace></tagged-backtrace></row>
<row><sample-time id="17">7000</sample-time><thread ref="2"/><weight ref="8"/><sentinel/></row>
</node></trace-query-result>
""",
        """
        [no stack] 1000000,1000000
        main 3000000,1000000
          work<T> (/src/a.swift:7) 2000000,2000000
        """,
        ("dropped",),
    ),
    "simpleperf": Drawn(
        "simpleperf",
        """\
sample:
  event_type: cpu-clock:u
  time: 100
  event_count: 250000
  thread_id: 31850
  thread_name: Render Thread
  vaddr_in_file: 4d3f54
  file: /system/lib64/libart.so
  symbol: art::Foo::Bar(int)
  callchain:
    vaddr_in_file: 12e33
    file: /apex/libc.so
    symbol: __start_thread
    vaddr_in_file: 33
    file: /apex/libc.so
    symbol: __pthread_start(void*)

sample:
  event_type: cpu-clock:u
  time: 300
  event_count: 250000
  thread_id: 31850
  thread_name: Render Thread
  file: [kernel.kallsyms]
  symbol: unknown

metadata:
  app_package_name: x
""",
        """
        [[kernel.kallsyms]]_[k] 250000,250000
        __pthread_start(void*) 250000,0
          __start_thread 250000,0
            art::Foo::Bar(int) 250000,250000
        """,
    ),
    "async-profiler-text": Drawn(
        "async-profiler",
        """\
--- Execution profile ---
Total samples       : 10
Unknown (native)    : 1 (10.00%)

--- 40000000 ns (40.00%), 4 samples
  [ 0] Primes.isPrime_[j]
  [ 1] java.lang.Thread.run

--- 50000000 ns (50.00%), 5 samples
  [ 0] java.lang.Thread.run

          ns  percent  samples  top
  ----------  -------  -------  ---
    50000000   50.00%        5  java.lang.Thread.run
""",
        """
        java.lang.Thread.run 90000000,50000000
          Primes.isPrime_[j] 40000000,40000000
        """,
        ("pruned",),
    ),
    "async-profiler-text-flat": Drawn(
        "async-profiler",
        """\
       bytes  percent  samples  top
  ----------  -------  -------  ---
      524288   62.01%        4  byte[]
      262144   37.99%        2  java.lang.String
""",
        """
        byte[] 524288,524288
        java.lang.String 262144,262144
        """,
        ("dropped",),
    ),
    "call-tree-csv": Drawn(
        "VTune",
        """\
Function Stack,CPU Time:Self,Module
Total,0.0,[Unknown]
 RtlUserThreadStart,0.0,ntdll.dll
    main,0.0156,app.exe
      "std::rt::lang_start<core::Result<(), Error>>",0.5,app.exe
 "[Unknown]",0.25,[Unknown]
""",
        """
        RtlUserThreadStart 515600000,0
          main 515600000,15600000
            std::rt::lang_start<core::Result<(), Error>> 500000000,500000000
        [unknown] 250000000,250000000
        """,
    ),
    "call-tree-csv-visual-studio": Drawn(
        "Visual Studio",
        """\
Level,Function Name,Number of Calls,Elapsed Inclusive Time %,Elapsed Exclusive Time %,Module Name,
0,"App.exe",0,100.00,0.00,"",
1,"App.Main(string, int)","2,893",90.00,65.50,"App.exe",
2,"System.Math.Sqrt(float64)",7,24.50,24.50,"mscorlib.dll",
1,"App.Work()",1,10.00,10.00,"App.exe",
""",
        """
        App.exe 10000,0
          App.Main(string, int) 9000,6550
            System.Math.Sqrt(float64) 2450,2450
          App.Work() 1000,1000
        """,
        ("rounded",),
    ),
    "spindump": Drawn(
        "spindump",
        """\
Date/Time:        2023-01-02 10:00:00.000 +0000
Steps:            10 (10ms sampling interval)

Process:          App [4242]
Num samples:      10 (1-10)

  Thread 0x1a2b    DispatchQueue "com.apple.main-thread"(1)    10 samples (1-10)    priority 46 (base 46)
  10  start + 2544 (dyld + 24144) [0x1a2b3c4d0]
    10  main + 20 (App + 16212) [0x100003f54]
      7  work + 8 (App + 16000) [0x100003e80] 1-7
      2  ??? (libx.dylib + 33) [0x1000] 8-9
       *2  mach_msg_trap + 4 (kernel + 77) [0xffffff80] 8-9

  Thread 0x1a2c    10 samples (1-10)    priority 31 (base 31)
  10  start_wqthread + 8 (libsystem_pthread.dylib + 7168) [0x18]

  Binary Images:
           0x100000000 -                ???  App (1.0)
""",
        """
        start 10,0
          main 10,1
            [libx.dylib] 2,0
              mach_msg_trap_[k] 2,2
            work 7,7
        start_wqthread 10,10
        """,
    ),
    "instruments-text": Drawn(
        "Instruments",
        """\
Running Time\tSelf (ms)\t\tSymbol Name
120.0ms  100.0%\t0.0\t \tMain Thread  0x1234
118.0ms   98.3%\t2.0\t \t start
116.0ms   96.6%\t6.0\t \t  -[App run:]
110.0ms   91.6%\t110.0\t \t   work(int)
""",
        """
        Main Thread  0x1234 118000000,0
          start 118000000,2000000
            -[App run:] 116000000,6000000
              work(int) 110000000,110000000
        """,
        ("rounded",),
    ),
    "instruments-text-units": Drawn(
        "Instruments",
        """\
Weight\tSelf Weight\t\tSymbol Names
1.50 s  100.0%\t0 s\t \tmain (42)
1.50 s  100.0%\t500.00 ms\t \t work
1.00 s   66.6%\t1.00 s\t \t  sqrt
""",
        """
        main (42) 1500000000,0
          work 1500000000,500000000
            sqrt 1000000000,1000000000
        """,
        ("rounded",),
    ),
    "instruments-text-cycles": Drawn(
        "Instruments",
        """\
Weight\tSelf Weight\t\tSymbol Name
34.35 Mc  100.0%\t-\t \tthread_start
34.35 Mc  100.0%\t34.00 Mc\t \t work
350.00 Kc   1.0%\t350.00 Kc\t \t  sqrt
""",
        """
        thread_start 34350000,0
          work 34350000,34000000
            sqrt 350000,350000
        """,
        ("rounded",),
    ),
    "instruments-text-allocations": Drawn(
        "Instruments",
        """\
Bytes Used\tCount\t\tSymbol Name
   9.75 KB     100.0%\t56\t \t_pthread_start
   9.75 KB     100.0%\t56\t \t start
   4.00 KB      41.0%\t6\t \t  parse
 512 Bytes       5.1%\t1\t \t  lex
""",
        """
        _pthread_start 9984,0
          start 9984,5376
            lex 512,512
            parse 4096,4096
        """,
        ("rounded",),
    ),
    "xdebug-trace": Drawn(
        "Xdebug",
        """\
Version: 3.1.0
File format: 4
TRACE START [2021-10-11 08:14:52.123456]
1\t0\t0\t0.000100\t393752\t{main}\t1\t\t/app/index.php\t0\t0
2\t1\t0\t0.000120\t393752\tfoo\t1\t\t/app/index.php\t3\t0
3\t2\t0\t0.000200\t393800\tstrlen\t0\t\t/app/index.php\t4\t0
3\t2\t1\t0.000500\t393800
3\t2\tR\t\t\t3
3\t3\t0\t0.000500\t393800\trequire\t1\t/app/b.php\t/app/index.php\t5\t0
2\t1\t1\t0.000600\t393900
1\t0\t1\t0.001000\t393900
\t\t\t0.001100\t300000
TRACE END   [2021-10-11 08:14:52.345678]
""",
        """
        {main} 900000,420000
          foo 480000,80000
            require /app/b.php 100000,100000
            strlen 300000,300000
        """,
    ),
    "import-time": Drawn(
        "Python",
        """\
warming up
import time: self [us] | cumulative | imported package
import time:       182 |        182 |   _codecs
import time:      1024 |       1206 | codecs
import time:         7 |          7 |     zlib
import time:        10 |         17 |   gzip
import time:         3 |         20 | app.main
""",
        """
        app.main 20,3
          gzip 17,10
            zlib 7,7
        codecs 1206,1024
          _codecs 182,182
        """,
    ),
    "uniq-stacks": Drawn(
        "",
        """\
     12 <0.33.0>;app:run/0;lists:map/2
      3 <0.33.0>;app:run/0
""",
        """
        <0.33.0> 15,0
          app:run/0 15,3
            lists:map/2 12,12
        """,
    ),
    "dtrace-addresses": Drawn(
        "DTrace",
        """\
CPU     ID                    FUNCTION:NAME
  8  35077                        :tick-60s

              0x104d08831
              0x104cecffd
              0x104ce54e7
              libsystem_pthread.dylib`thread_start+0xd
                1
""",
        """
        libsystem_pthread.dylib`thread_start 1,0
          0x104ce54e7 1,0
            0x104cecffd 1,0
              0x104d08831 1,1
        """,
    ),
    "dtrace-keys": Drawn(
        "DTrace",
        """\
dtrace: description 'profile-997 ' matched 1 probe

  bash
              libc.so.1`__read+0xa
              bash`main+0x10
                3
     42  my sshd
              libc.so.1`__read+0xa
                4
              libc.so.1`__read+0xa
              libc.so.1`_start+0x1
  tail                                                      5
""",
        """
        42 my sshd 4,0
          libc.so.1`__read 4,4
        bash 3,0
          bash`main 3,0
            libc.so.1`__read 3,3
        tail 5,0
          libc.so.1`_start 5,0
            libc.so.1`__read 5,5
        """,
    ),
    "callgrind-xdebug": Drawn(
        "xdebug 3.1.2 (PHP 8.1.2)",
        """\
version: 1
creator: xdebug 3.1.2 (PHP 8.1.2)
cmd: /app/index.php
part: 1
positions: line

events: Time_(10ns) Memory_(bytes)

fl=(1) php:internal
fn=(1) php::strlen
3 1500 0

fl=(2) /app/index.php
fn=(2) {main}

1 50000 -32
cfl=(1)
cfn=(1)
calls=1 0 0
9 1500 0

summary: 51500 -32
""",
        """
        {main} (/app/index.php) 515000,500000
          php::strlen (php:internal) 15000,15000
        """,
        ("approximate", "dropped"),
    ),
    "callgrind-cachegrind": Drawn(
        "cachegrind",
        """\
desc: I1 cache:         32768 B, 64 B, 8-way associative
cmd: ./w
events: Ir I1mr
fl=./csu/libc-start.c
fn=__libc_start_main
128 2 1
134 3 0
fl=/app/w.c
fn=spin
5 90 0
summary: 95 1
""",
        """
        __libc_start_main (./csu/libc-start.c) 5,5
        spin (/app/w.c) 90,90
        """,
        ("dropped", "dropped"),
    ),
}
